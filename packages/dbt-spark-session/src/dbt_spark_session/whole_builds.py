"""Whether a dbt build has run the whole project, also if ``dbt retry`` has finished it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Set
from contextlib import suppress
from pathlib import Path
from typing import Any

from dbt.task.retry import RetryTask

from dbt_spark_session.patches import wrap_once

RECORD = "dbt_spark_session_retry.json"
"""File in the target folder with the nodes that succeeded before the last retry, or in it."""
_RUN = ("model", "seed", "snapshot", "test")
"""Types of the nodes of which a release consists. A unit test reads no table."""
_SUCCEEDED = ("success", "pass", "warn", "no-op")

_retried: Any = None
"""The run results that ``dbt retry`` continues, while it runs."""


def follow_retries() -> None:
    """Remember what ``dbt retry`` continues: dbt gives hooks only the results of the retry."""
    wrap_once(RetryTask, "run", _run_retry)


def _run_retry(stock: Callable[[Any], Any], task: Any) -> Any:
    global _retried
    _retried = task.previous_results
    try:
        return stock(task)
    finally:
        _retried = None


def nodes_not_run(nodes: Mapping[str, Any], ran: Set[str], target: Path) -> list[str]:
    """Return the names of the nodes of a project that a command and its retries have not run.

    dbt leaves nodes out because of a selection, or because Ctrl-C has stopped it. In the second
    case, ``dbt retry`` does not run them either.

    Args:
        nodes: the nodes of dbt's graph, by their ids.
        ran: ids of the nodes that the command has run.
        target: dbt's target folder.
    """
    covered = ran | _earlier_successes(target)
    needed = {key: node for key, node in nodes.items() if _is_run_by_build(node)}
    return sorted(node["name"] for key, node in needed.items() if key not in covered)


def remember_successes(invocation_id: str, succeeded: Set[str], target: Path) -> None:
    """Write down what has succeeded until this retry, for the next retry.

    dbt's file of results then has only the nodes of this retry.
    """
    if _retried is not None:
        nodes = sorted(succeeded | _earlier_successes(target))
        record = {"invocation_id": invocation_id, "succeeded": nodes}
        (target / RECORD).write_text(json.dumps(record))


def _earlier_successes(target: Path) -> set[str]:
    """Return the ids of the nodes that have succeeded before this retry."""
    if _retried is None:
        return set()
    earlier = {each.unique_id for each in _retried.results if str(each.status) in _SUCCEEDED}
    with suppress(OSError, ValueError, KeyError):
        record = json.loads((target / RECORD).read_text())
        if record["invocation_id"] == _retried.metadata.invocation_id:
            earlier.update(record["succeeded"])
    return earlier


def _is_run_by_build(node: Mapping[str, Any]) -> bool:
    """Return whether a dbt build without a selection runs a node."""
    if node["resource_type"] not in _RUN or not node["config"]["enabled"]:
        return False
    if node["config"]["materialized"] == "ephemeral":
        return False
    # Seeds have no code; models without code, or of another project, are not run.
    has_code = node["resource_type"] == "seed" or bool(node["raw_code"].strip())
    return has_code and bool(node["path"] or node["original_file_path"])
