"""Run dbt in this process: its options, its progress, and the errors it prints."""

import os
import time
from collections.abc import Callable
from typing import Any

from reelhouse.commands.progress import Progress, seconds_by_stage
from reelhouse.commands.snapshot import write_snapshot
from reelhouse.docs_page.artifacts import keep_test_results
from reelhouse.errors import ReelhouseError, check_utf8, printable
from reelhouse.lake.cluster import CLUSTER, LOCAL
from reelhouse.machine import spark_defaults
from reelhouse.paths import ROOT, TARGET
from reelhouse.setup.java import check_user, find_java


def dbt_build(target: str, *options: str) -> None:
    """Run `dbt build` in the project root, without unit tests, and print how long the stages took.

    If a release is published that this machine reads without Spark, the snapshot of `reelhouse
    recommend` is written too.

    Args:
        target: a target of profiles.yml.
        options: more options of `dbt build`.

    Raises:
        BuildError: a node failed, or dbt did not get as far as running nodes.
    """
    find_java()
    os.chdir(ROOT)
    started = time.monotonic()
    # If a target is named, even the default one, dbt parses the whole project again.
    named = [] if target == LOCAL else ["--target", target]
    progress, messages = Progress(), Messages()
    print("dbt build: starting dbt and Spark …", flush=True)
    try:
        command = ["build", *named, "--exclude-resource-type", "unit_test", *options]
        result = run_dbt(command, progress, messages)
    finally:
        progress.close()
    code = exit_code(result)
    seconds = f"{time.monotonic() - started:.0f} s"
    print(f"dbt build … {seconds}", *messages.texts, sep="; ", flush=True)
    if work := seconds_by_stage(result):
        print(work, flush=True)
    if code != 0:
        raise BuildError(code, _failed_nodes(result))
    if target in (LOCAL, CLUSTER):
        write_snapshot()


class BuildError(ReelhouseError):
    """dbt build failed; ``code`` is dbt's exit code, and ``failed`` has the names of the nodes."""

    def __init__(self, code: int, failed: frozenset[str] = frozenset()) -> None:
        """Make the message from the exit code."""
        super().__init__(_advice(code))
        self.code, self.failed = code, failed


def _advice(code: int) -> str:
    from dbt_spark_session.death import has_died

    if has_died():
        heap = os.environ["REELHOUSE_MEMORY"]
        return (
            "dbt build stopped, since Spark's Java process died: set a larger heap in"
            f" REELHOUSE_MEMORY (now {heap}), then type `. .venv/bin/activate` and `dbt retry`,"
            " which runs the remaining nodes"
        )
    if code == 1:
        return (
            "dbt build failed: the cause is above, and in logs/dbt.log and logs/spark.log. After"
            " you have corrected it, type `. .venv/bin/activate` and `dbt retry`, which runs the"
            " failed nodes and those that depend on them"
        )
    return "dbt build stopped: the cause is above, and in logs/dbt.log"


def run_dbt(arguments: list[str], *callbacks: Callable[[Any], None]) -> Any:
    """Run dbt in this process; print its errors, and pass its events to the callbacks.

    The results of tests that an earlier command ran are kept for `make docs`.
    """
    from dbt.cli.main import dbtRunner

    keep_test_results(TARGET)
    dbt_environment()
    runner = dbtRunner(callbacks=[_print_errors, *callbacks])
    return runner.invoke(["--log-level", "none", "--no-use-colors", *arguments])


def dbt_environment() -> None:
    """Check the variables that dbt reads, and set those of Spark that depend on this machine.

    Raises:
        ReelhouseError: the user has no name, or a variable is not UTF-8.
    """
    check_user()
    for name in ("REELHOUSE_DATA", "REELHOUSE_COLUMNS"):  # dbt writes both into its files
        check_utf8(os.environ.get(name, ""), f"{name} is", "correct it or unset it")
    for name, value in spark_defaults().items():
        os.environ.setdefault(name, value)


class Messages:
    """The messages of macros, such as the number of a release.

    An instance is a callback for dbt's events.
    """

    def __init__(self) -> None:
        """Start without messages."""
        self.texts: list[str] = []

    def __call__(self, event: Any) -> None:
        """Keep the text of an event if a macro has sent it."""
        if event.info.name == "JinjaLogInfo":
            self.texts.append(printable(event.info.msg.strip()))


def _print_errors(event: Any) -> None:
    """Print dbt's errors, without the empty error and the traceback that Ctrl-C causes."""
    message = event.info.msg.strip()
    is_ctrl_c = message == "Encountered an error:" or "KeyboardInterrupt" in message
    if event.info.level == "error" and not is_ctrl_c:
        print("\n".join(map(printable, event.info.msg.split("\n"))), flush=True)


def exit_code(result: Any) -> int:
    """Return dbt's exit code.

    The code is 0; 1 if a node failed; 2 if dbt stopped before it ran nodes, or could not publish
    their tables.

    Raises:
        KeyboardInterrupt: dbt was interrupted.
    """
    if isinstance(result.exception, KeyboardInterrupt):
        raise KeyboardInterrupt
    if result.exception is not None:  # dbt has printed it
        return 2
    return 0 if result.success else 1


def _failed_nodes(result: Any) -> frozenset[str]:
    """Return the names of the nodes that failed."""
    results = getattr(result.result, "results", [])
    return frozenset(each.node.name for each in results if str(each.status) in ("error", "fail"))
