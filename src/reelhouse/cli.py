"""The command line of `reelhouse`. Each command imports its own modules, so that all start fast."""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reelhouse.errors import ReelhouseError, escape_unwritable, printable
from reelhouse.lake.catalog import PUBLISHED, chosen_lake, lake_folder
from reelhouse.lake.cluster import LOCAL, TARGET, target
from reelhouse.lake.query_limits import Limits, add_limits, limits_of
from reelhouse.lake.releases import find_release

FORMATS = ("table", "csv", "json")
ON_THIS_MACHINE = ("demo", "tune", "maintain", "forget", "clean")
"""Commands that use the lake of this machine only."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code."""
    options = _parser().parse_args(arguments)
    escape_unwritable()
    try:
        if "REELHOUSE_LAKE" in os.environ:  # relative paths would change with the folder
            os.environ["REELHOUSE_LAKE"] = str(lake_folder())
        with _chosen_target(options):
            code = _run(options)
        sys.stdout.flush()
        return code
    except ReelhouseError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(getattr(error, "code", 1))
    except BrokenPipeError:  # as in `reelhouse sql … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        if options.command in ("build", "update", "evaluate", "tune"):
            print(
                "Stopped. Every table is intact: either the old version or the new one.",
                file=sys.stderr,
            )
        return 130
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        print(f"error: {name}{error.strerror or error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="reelhouse", description="Ratings to recommendations.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="run dbt build and print the summary")
    build.add_argument(
        "--data", default="", help="a MovieLens release, folder, zip, file or table:NAME"
    )
    build.add_argument("--columns", default="", help="user_id=a, movie_id=b, rating=c, rated_at=d")
    build.add_argument("--tune", type=_yes_or_no, default="", help="no: no trials of parameters")
    demo = commands.add_parser("demo", help="build MovieLens 100k unless it is built, and serve it")
    demo.add_argument("--port", type=_count, default=8000, help="the port (8000); 0: a free one")
    update = commands.add_parser("update", help="take new and changed ratings, rank, and publish")
    update.add_argument("--data", default="", help="as in the last build, which is the default")
    update.add_argument("--columns", default="", help="as in the last build")
    evaluate = commands.add_parser("evaluate", help="evaluate the algorithms under more protocols")
    evaluate.add_argument(
        "protocols", nargs="*", metavar="PROTOCOL", help="a name in seeds/protocols.csv"
    )
    tune = commands.add_parser("tune", help="try parameters on the validation rows")
    tune.add_argument(
        "algorithms", nargs="*", metavar="ALGORITHM", help="a name in seeds/algorithms.csv"
    )
    tune.add_argument("--draws", type=_count, default=0, help="random draws instead of the grid")
    recommend = commands.add_parser("recommend", help="recommend movies to a person, without Spark")
    recommend.add_argument(
        "--like", action="append", default=[], metavar="TITLE", help="a movie that you like"
    )
    recommend.add_argument("--ratings", metavar="FILE", help="CSV file with titles and ratings")
    recommend.add_argument("--count", type=_count, default=10, help="length of the list (10)")
    app = commands.add_parser("app", help="serve the explorer and an HTTP API on this machine")
    app.add_argument("--port", type=_count, default=8000, help="the port (8000); 0: a free one")
    sql = commands.add_parser("sql", help="query the lake: a prompt, or one query")
    sql.add_argument("query", nargs="?", help="one SELECT statement; - reads several from stdin")
    sql.add_argument("--format", choices=FORMATS, default="table")
    sql.add_argument("--release", default="", help="a release, as in 12 (the newest)")
    add_limits(sql)
    shell = commands.add_parser("shell", help="a prompt for dbt commands that keeps Spark running")
    add_limits(shell)
    history = commands.add_parser("history", help="list the releases, or the changes of one")
    history.add_argument("--release", default="", help="a release, as in 12")
    history.add_argument("--format", choices=FORMATS, default="table")
    rollback = commands.add_parser("rollback", help="show an earlier release to readers again")
    rollback.add_argument("release", nargs="?", default="", help="a release, as in 11")
    maintain = commands.add_parser("maintain", help="drop old releases and unneeded files")
    maintain.add_argument("--keep", type=_positive, default=5, help="newest releases to keep (5)")
    maintain.add_argument(
        "--grace", type=_count, default=60, help="minutes for which every new file is kept (60)"
    )
    forget = commands.add_parser("forget", help="erase a user from every table and release")
    forget.add_argument("user", nargs="?", default="", help="the id of the user in the source")
    docs = commands.add_parser("docs", help="write the flow, lineage and columns as one HTML page")
    report = commands.add_parser("report", help="write the evaluation as one HTML page")
    page = commands.add_parser("page", help="write one HTML file that recommends without a network")
    summary = commands.add_parser("summary", help="print the summary of the last build")
    commands.add_parser("init", help="prepare another dbt project that has Reelhouse as a package")
    commands.add_parser("archive", help="pack the Python packages for the nodes of a cluster")
    clean = commands.add_parser("clean", help="remove the lake and target/, after a question")
    clean.add_argument("--yes", **_YES_OR_NO, help="skip the question")
    writers = (build, update, evaluate, rollback)
    for command in (*writers, recommend, app, sql, shell, history, docs, report, page, summary):
        command.add_argument("--target", default="", help=f"the dbt target ({TARGET}, or {LOCAL})")
    return parser


@contextmanager
def _chosen_target(options: argparse.Namespace) -> Iterator[None]:
    """Take the target from the option or the variable, and set both until the end of the block.

    Raises:
        ReelhouseError: the command uses the lake of this machine, and the variable names another.
    """
    named = target()
    if "target" not in options:
        if named != LOCAL and options.command in ON_THIS_MACHINE:
            raise ReelhouseError(
                f"the target is {printable(named)}, and `reelhouse {options.command}` uses the lake"
                f" of this machine only: leave out TARGET, and unset {TARGET}"
            )
        yield
        return
    # With a target, even the default one, the dbt of a shell would parse the whole project again.
    if options.command != "shell" or named != LOCAL:
        options.target = options.target or named
    before = os.environ.pop(TARGET, None)
    if options.target not in ("", LOCAL):  # dbt parses the project again after a variable changes
        os.environ[TARGET] = options.target
    try:
        yield
    finally:
        os.environ.pop(TARGET, None)
        if before is not None:
            os.environ[TARGET] = before


def _count(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _positive(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _is_yes(text: str) -> bool:
    if text not in ("yes", "1", "no", "0", ""):
        raise argparse.ArgumentTypeError(f"{text!r} is neither yes (or 1) nor no (or 0)")
    return text in ("yes", "1")


def _yes_or_no(text: str) -> str:
    return "" if not text else "yes" if _is_yes(text) else "no"


_YES_OR_NO: dict[str, Any] = {
    "nargs": "?", "type": _is_yes, "const": True, "default": False, "metavar": "yes|no",
}  # fmt: skip


def _split_names(texts: Sequence[str]) -> list[str]:
    """Split each text at its blanks, and return all names."""
    return [name for text in texts for name in text.split()]


def _run(options: argparse.Namespace) -> int:
    if options.command == "build":
        from reelhouse.commands.build import build

        build(options.data, options.columns, options.target, options.tune)
    elif options.command == "demo":
        from reelhouse.commands.demo import demo

        demo(options.port)
    elif options.command == "update":
        from reelhouse.commands.update import update

        update(options.data, options.columns, options.target)
    elif options.command == "evaluate":
        from reelhouse.commands.evaluate import evaluate

        evaluate(_split_names(options.protocols), options.target)
    elif options.command == "tune":
        from reelhouse.commands.tune import tune

        tune(_split_names(options.algorithms), options.draws)
    elif options.command == "recommend":
        from reelhouse.commands.recommend import recommend

        recommend(options.like, options.ratings, options.count)
    elif options.command == "app":
        from reelhouse.commands.app import serve

        serve(options.port)
    elif options.command == "docs":
        from reelhouse.commands.docs import write_docs

        write_docs(options.target)
    elif options.command == "init":
        from reelhouse.commands.init import init

        init(Path.cwd())
    elif options.command == "archive":
        from reelhouse.commands.archive import write_archive

        write_archive()
    elif options.command == "clean":
        from reelhouse.commands.clean import clean

        clean(options.yes)
    elif options.command == "report":
        from reelhouse.commands.report import write_report

        write_report()
    elif options.command == "page":
        from reelhouse.commands.page import write_page

        write_page()
    elif options.command == "history":
        from reelhouse.commands.history import history

        history(options.release, options.format)
    elif options.command == "rollback":
        from reelhouse.commands.rollback import roll_back

        roll_back(options.release, options.target)
    elif options.command == "maintain":
        from reelhouse.commands.maintain import maintain

        maintain(options.keep, options.grace)
    elif options.command == "forget":
        from reelhouse.commands.forget import forget

        forget(options.user)
    elif options.command == "shell":
        from reelhouse.shell.prompt import run_shell

        return run_shell(options.target, limits_of(options))
    elif options.command == "summary":
        from reelhouse.commands.summary import print_summary

        print_summary()
    else:
        _run_sql(options.query, options.format, limits_of(options), options.release)
    return 0


def _run_sql(query: str | None, format: str, limits: Limits, release: str) -> None:
    from reelhouse.lake.console import prompt, run_query, run_script

    catalog = find_release(chosen_lake(), release).catalog if release else PUBLISHED
    if query == "-" or (query is None and not sys.stdin.isatty()):
        run_script(_decode_query(sys.stdin.buffer.read()), format, limits, catalog)
    elif query is None:
        prompt(limits, catalog)
    else:
        run_query(_decode_query(os.fsencode(query)), format, limits, catalog)


def _decode_query(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise ReelhouseError(
            f"the query is not UTF-8 ({error.reason} at byte {error.start}): type it again"
        ) from error
