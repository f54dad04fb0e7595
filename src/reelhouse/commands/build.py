"""`reelhouse build`: dbt build in this process, then the summary."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reelhouse.commands.progress import Progress
from reelhouse.errors import ReelhouseError, check_utf8, printable
from reelhouse.lake.catalog import forget, lake_folder, lost_tables
from reelhouse.machine import spark_defaults
from reelhouse.paths import ROOT
from reelhouse.project import built_names
from reelhouse.setup.java import check_user, find_java

REJECTION_TESTS = {"some_ratings_are_accepted", "few_ratings_are_rejected"}
LOCAL = "local"
"""The target whose lake is on this machine, where a summary can read it."""


def build(data: str, columns: str, target: str) -> int:
    """Run `dbt build` in the project root and print the summary; return 0, or raise BuildFailed."""
    prepare(data, columns, target)
    if target != LOCAL:
        dbt_build(target)
        return 0
    try:
        dbt_build(target)
    except BuildFailed as error:
        if not REJECTION_TESTS.isdisjoint(error.failed):
            from reelhouse.commands.data_summary import print_rejected

            print_rejected()
        raise
    from reelhouse.commands.summary import print_summary

    print_summary()
    return 0


def prepare(data: str, columns: str, target: str) -> None:
    """Check before Spark starts what a whole build needs, and name the ratings to dbt.

    REELHOUSE_DATA and REELHOUSE_COLUMNS stand in for empty ``data`` and ``columns``.

    Raises:
        ReelhouseError: another process writes to the lake, or an error of ``choose_data_set`` or
            ``find_source``.
    """
    data = data or os.environ.get("REELHOUSE_DATA", "")
    columns = columns or os.environ.get("REELHOUSE_COLUMNS", "")
    if target != LOCAL:  # raw_files alone knows which ratings a lake elsewhere holds
        _name_data_set(data, columns)
        return
    refuse_second_writer()
    _prepare(lake_folder(), data, columns)


def _prepare(lake: Path, data: str, columns: str) -> None:
    """Choose the ratings, and take unreadable tables out of the catalog.

    Spark cannot replace a table whose metadata is missing; once out of the catalog, the build makes
    it again.

    Raises:
        ReelhouseError: the ratings of the lake are not known, or an error of
            ``choose_data_set`` or ``find_source``.
    """
    from reelhouse.ingest.data_set import (
        RAW_FILES,
        TRIALS,
        UnknownDataSetError,
        choose_data_set,
        data_set_of_lake,
        has_unreadable_trials,
    )

    unreadable = built_names().intersection(lost_tables(lake))
    try:
        present = data_set_of_lake(lake)
    except UnknownDataSetError as error:
        if not data:
            raise ReelhouseError(
                f"the lake at {lake} does not tell which ratings it holds: {error}. Name them"
                " again, as in `make build DATA=/path/to/ratings.csv`, and the build replaces every"
                " table"
            ) from error
        present = None
        unreadable.add(RAW_FILES)
    if has_unreadable_trials(lake):
        unreadable.add(TRIALS)
    _name_data_set(*choose_data_set(data, columns, present))
    if unreadable:
        forget(lake, unreadable)
        names = ", ".join(sorted(unreadable))
        print(f"cannot be read, and is made again by this build: {names}", flush=True)


def _name_data_set(data: str, columns: str) -> None:
    """Name the ratings to dbt; say what is wrong with them before Spark starts."""
    from reelhouse.ingest.sources import find_source

    if data:
        find_source(data, columns)
    os.environ["REELHOUSE_DATA"], os.environ["REELHOUSE_COLUMNS"] = data, columns


def refuse_second_writer() -> None:
    """Refuse at once what dbt would refuse when Spark has started."""
    if lock_file(lake_folder()).exists():
        with write_lock(lake_folder(), "build"):
            pass


def lock_file(lake: Path) -> Path:
    """Return the file that every writer of the lake locks."""
    return lake / "build.lock"


@contextmanager
def write_lock(lake: Path, command: str) -> Iterator[None]:
    """Hold the lock of the lake's one writer.

    Raises:
        ReelhouseError: another process holds it, or it cannot be made.
    """
    from dbt_common.exceptions import DbtRuntimeError

    from dbt_spark_session.lock import WriteLock

    lock = WriteLock(lock_file(lake))
    try:
        lock.acquire(command)
    except DbtRuntimeError as error:
        raise ReelhouseError(error.msg) from error
    try:
        yield
    finally:
        lock.release()


def dbt_build(target: str, *options: str) -> None:
    """Run `dbt build` in the project root, without unit tests, and say what took how long."""
    find_java()
    os.chdir(ROOT)
    started = time.monotonic()
    # dbt parses everything again when a target is named, even the default one.
    named = [] if target == LOCAL else ["--target", target]
    progress = Progress()
    print("dbt build: starting dbt and Spark …", flush=True)
    try:
        command = ["build", *named, "--exclude-resource-type", "unit_test", *options]
        result = run_dbt(command, progress)
    finally:
        progress.close()
    code = exit_code(result)
    print(f"dbt build … {time.monotonic() - started:.0f} s{_layers(result)}", flush=True)
    if code != 0:
        raise BuildFailed(code, _failed(result))


class BuildFailed(ReelhouseError):
    """dbt build did not succeed; carries dbt's exit code, and the names of what failed."""

    def __init__(self, code: int, failed: frozenset[str] = frozenset()) -> None:
        """Say what to look at and what to type."""
        super().__init__(_advice(code))
        self.code, self.failed = code, failed


def _advice(code: int) -> str:
    from dbt_spark_session.death import has_died

    if has_died():
        heap = os.environ["REELHOUSE_MEMORY"]
        return (
            "dbt build stopped, since Spark's Java process died. REELHOUSE_MEMORY sets its heap "
            f"(now {heap}). Then type `. .venv/bin/activate` and `dbt retry`: it runs what is left"
        )
    if code == 1:
        return (
            "dbt build failed: the cause is above, and in logs/dbt.log and logs/spark.log. "
            "Then type `. .venv/bin/activate` and `dbt retry`: it runs what failed and what follows"
        )
    return "dbt build did not get as far as running models: the cause is above"


def run_dbt(arguments: list[str], *callbacks: Callable[[Any], None]) -> Any:
    """Run dbt in this process, its errors printed and its events told to the callbacks."""
    from dbt.cli.main import dbtRunner

    check_user()
    for name in ("REELHOUSE_DATA", "REELHOUSE_COLUMNS"):  # dbt writes them into its files
        check_utf8(os.environ.get(name, ""), f"{name} is", "correct it or unset it")
    for name, value in spark_defaults().items():
        os.environ.setdefault(name, value)
    runner = dbtRunner(callbacks=[_print_errors, *callbacks])
    return runner.invoke(["--log-level", "none", "--no-use-colors", *arguments])


def _print_errors(event: Any) -> None:
    """Print what dbt says of errors, but for a Ctrl-C: an error without a text, and a traceback."""
    said = event.info.msg.strip()
    is_ctrl_c = said == "Encountered an error:" or "KeyboardInterrupt" in said
    if event.info.level == "error" and not is_ctrl_c:
        print("\n".join(map(printable, event.info.msg.split("\n"))), flush=True)


def exit_code(result: Any) -> int:
    """Return 0, or as dbt does 1 when a node failed and 2 when it did not get so far."""
    if isinstance(result.exception, KeyboardInterrupt):
        raise KeyboardInterrupt
    if result.exception is not None:  # dbt has printed it
        return 2
    return 0 if result.success else 1


def _failed(result: Any) -> frozenset[str]:
    """Names of the nodes that failed."""
    done = getattr(result.result, "results", [])
    return frozenset(one.node.name for one in done if str(one.status) in ("error", "fail"))


def _layers(result: Any) -> str:
    """Seconds of the nodes of each layer; two that run side by side count twice."""
    seconds: Counter[str] = Counter()
    for done in getattr(result.result, "results", []):
        kind = str(done.node.resource_type)
        seconds[done.node.fqn[1] if kind == "model" else f"{kind}s"] += done.execution_time
    shown = [f"{layer} {spent:.0f}" for layer, spent in seconds.most_common() if spent >= 0.5]
    return f" (seconds of work, two models at a time: {', '.join(shown)})" if shown else ""
