"""The process behind the shell, which keeps Spark and runs one command after another.

`process` starts this module. It reads requests from a pipe, one JSON object per line, and answers
each on another pipe. The output of the commands goes to the terminal.
"""

import gc
import importlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from reelhouse.commands.dbt import dbt_environment, exit_code
from reelhouse.errors import ReelhouseError, escape_unwritable
from reelhouse.lake.catalog import lake_folder
from reelhouse.lake.cluster import LOCAL
from reelhouse.lake.databases import catalog_file
from reelhouse.paths import ROOT
from reelhouse.shell.edited_code import EditedCode, names_of

SPARK_FILES = (ROOT / "profiles.yml", ROOT / "profiles" / "log4j2.properties")
"""Files that are read when Spark starts."""
CODE_VERSION = "REELHOUSE_CODE_VERSION"
"""Variable of Spark's Python workers. Spark starts new ones when its value changes."""
PATIENCE = 20
"""Seconds for the end of a command after the prompt has ended."""
STARTING = 0
"""Number of the request to start; those of the prompt count from 1."""
INTERRUPTED = 130
"""Exit code of a command that Ctrl-C has stopped."""


class Worker:
    """Runs commands, and tells when a new process has to run them."""

    def __init__(self, target: str, color: bool) -> None:
        """Note the code and the settings from which this process starts."""
        self._target = target
        self._color = color
        self._code = EditedCode()
        self._reloads = 0
        self._spark_files = _contents(SPARK_FILES)
        self._temp: Path | None = None
        self._running: int | None = None
        self.interrupted: int | None = None
        """Number of the last request that was interrupted."""

    def start(self) -> dict[str, Any]:
        """Import dbt, start Spark and read the project, as a first command would.

        Return the message that tells the prompt so.
        """
        with self._interruptible(STARTING):
            # Without a lake, Spark would create one.
            starts_spark = self._target not in ("", LOCAL) or catalog_file(lake_folder()).exists()
            command = ["show", "--inline", "select 1"] if starts_spark else ["parse"]
            # Nothing is printed, since the first command prints the same errors, and nothing is
            # written, since `dbt retry` reads the results of the last command.
            self._dbt(["--log-level", "none", "--quiet", "--no-write-json", *command])
            from dbt.cli.main import cli

            from reelhouse.shell.warm_up import warm_up

            java = self.java()
            if self._temp is not None:
                warm_up(self._temp)
            options = {
                name: [text for param in command.params for text in param.opts if text[:1] == "-"]
                for name, command in cli.commands.items()
            }
            gc.collect()
            gc.freeze()  # otherwise each command searches the modules of dbt for garbage
        return {"java": java, "options": options}

    def java(self) -> int | None:
        """Return the id of Spark's Java process; None if it was not started yet."""
        from pyspark import SparkContext

        process = getattr(SparkContext._gateway, "proc", None)
        if process is None:
            return None
        if self._temp is None:
            self._temp = Path(SparkContext._jvm.System.getProperty("java.io.tmpdir"))
        return int(process.pid)

    def reason_to_restart(self) -> str | None:
        """Return why a new process has to run the next command; None if this one can."""
        from dbt_spark_session.death import has_died

        if has_died():
            return "Spark's Java process has ended"
        if self._temp is not None and not self._temp.exists():
            return f"{self._temp} was removed, where Spark keeps its temporary files"
        changed = [
            file for file in SPARK_FILES if _contents([file])[file] != self._spark_files[file]
        ]
        if changed:
            return f"{changed[0].relative_to(ROOT)} has changed"
        staying, edited = self._code.edited()
        if staying:
            return f"{names_of(staying)} has changed"
        if edited:
            print(f"reloaded: {names_of(edited)}", flush=True)
            self._reload()
        return None

    def _reload(self) -> None:
        from pyspark import SparkContext

        self._code.unload()
        self._reloads += 1
        if SparkContext._active_spark_context is not None:
            SparkContext._active_spark_context.environment[CODE_VERSION] = str(self._reloads)

    def run(self, number: int, kind: str, arguments: list[str], variables: dict[str, str]) -> int:
        """Run a command with more environment variables; return its exit code."""
        before = dict(os.environ)
        try:
            with self._interruptible(number):
                os.chdir(ROOT)
                os.environ.update(variables)
                if kind == "dbt":
                    return self._dbt([*([] if self._color else ["--no-use-colors"]), *arguments])
                # By its name, since the module is unloaded after an edit.
                code: int = importlib.import_module("reelhouse.cli").main(arguments)
                return code
        except KeyboardInterrupt:
            return INTERRUPTED
        except SystemExit as error:  # of argparse
            return error.code if isinstance(error.code, int) else 1
        except Exception:  # such as a syntax error in an edited module; Spark must stay
            traceback.print_exc()
            return 1
        finally:
            os.environ.clear()
            os.environ.update(before)
            sys.stdout.flush()

    @contextmanager
    def _interruptible(self, number: int) -> Iterator[None]:
        """Let Ctrl-C raise KeyboardInterrupt during the block only."""
        self._running = number
        try:
            if self.interrupted == number:  # before the command could begin
                raise KeyboardInterrupt
            yield
        finally:
            self._running = None
            signal.signal(signal.SIGINT, self.interrupt)  # pyspark replaces it

    def _dbt(self, arguments: list[str]) -> int:
        from dbt.cli.exceptions import DbtUsageException
        from dbt.cli.main import dbtRunner

        named = ["--target", self._target] if self._target else []
        result = dbtRunner().invoke([*arguments, *named])
        if isinstance(result.exception, DbtUsageException):
            print(f"error: {result.exception}", file=sys.stderr)
        return exit_code(result)

    def interrupt(self, _: int, __: FrameType | None) -> None:
        """Interrupt the command that runs, if the request for this was meant for it."""
        if self._running is not None and self._running == self.interrupted:
            _hide_traceback()
            raise KeyboardInterrupt


def _hide_traceback() -> None:
    """Let dbt print no traceback of KeyboardInterrupt; its log has one."""
    from dbt_common.events.event_manager_client import get_event_manager

    for logger in get_event_manager().loggers:
        if logger.name == "stdout_log":
            logger.filter = partial(_is_shown_after_ctrl_c, logger.filter)


def _is_shown_after_ctrl_c(stock: Callable[[Any], bool], event: Any) -> bool:
    return event.info.name not in ("MainEncounteredError", "MainStackTrace") and stock(event)


def _contents(files: Iterable[Path]) -> dict[Path, bytes]:
    return {file: file.read_bytes() if file.is_file() else b"" for file in files}


def _receive(
    requests: TextIO, received: "queue.SimpleQueue[dict[str, Any] | None]", worker: Worker
) -> None:
    """Queue the requests, and interrupt them. At the end of the prompt, interrupt the last one."""
    number = STARTING
    for line in requests:
        request = json.loads(line)
        if "interrupt" in request:
            worker.interrupted = request["interrupt"]
            os.kill(os.getpid(), signal.SIGINT)
        else:
            number = request["number"]
            received.put(request)
    worker.interrupted = number
    os.kill(os.getpid(), signal.SIGINT)
    received.put(None)
    deadline = threading.Timer(PATIENCE, os._exit, [1])
    deadline.daemon = True
    deadline.start()


def serve(requests: TextIO, replies: TextIO, target: str, color: bool) -> None:
    """Answer requests until the prompt closes the pipe; then stop Spark."""

    def reply(**answer: Any) -> None:
        print(json.dumps(answer), file=replies, flush=True)

    from dbt_spark_session.java import stop

    escape_unwritable()
    dbt_environment()
    worker = Worker(target, color)
    signal.signal(signal.SIGINT, worker.interrupt)
    received: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, received, worker), daemon=True).start()
    try:
        reply(**worker.start())
        while (request := received.get()) is not None:
            if reason := worker.reason_to_restart():
                reply(restart=reason)
            else:
                reply(code=worker.run(**request), java=worker.java())
    except (BrokenPipeError, KeyboardInterrupt):  # the prompt has ended meanwhile
        pass
    finally:
        stop()


if __name__ == "__main__":
    request_pipe, reply_pipe, target_name, has_color = sys.argv[1:]
    with os.fdopen(int(request_pipe)) as read, os.fdopen(int(reply_pipe), "w") as written:
        try:
            serve(read, written, target_name, has_color == "color")
        except ReelhouseError as error:
            print(json.dumps({"error": str(error)}), file=written, flush=True)
            sys.exit(1)
