"""`reelhouse demo`: build MovieLens 100k unless it is built, and serve the explorer."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from reelhouse.commands.app import listening_socket, serve
from reelhouse.commands.built_lake import open_built_lake
from reelhouse.ingest.data_set import DataSet, UnknownDataSetError, data_set_of_lake
from reelhouse.ingest.sources import DEFAULT, identity_of
from reelhouse.lake.catalog import BUILD, NoLakeError, lake_folder, lost_tables, read_catalog
from reelhouse.lake.print_query import print_query
from reelhouse.lake.releases import newest_release, unpublished_tables
from reelhouse.paths import shown
from reelhouse.project import built_names

QUERY = """\
select rank, title, predicted_rating, reason
from recommendations
where user_id = 42
order by rank
limit 5"""
"""A query of chapter 10 of the tutorial."""


def demo(port: int) -> None:
    """Build the default data, print the list of a user, and serve the explorer until Ctrl-C.

    Args:
        port: the port of the server; 0 for a free one.

    Raises:
        ReelhouseError: another program uses the port.
        SystemExit: the build failed or was stopped, and has said why.
    """
    with listening_socket(port, "demo"):  # before a build of several minutes
        pass
    lake = lake_folder()
    if _is_up_to_date(lake):
        print(f"{shown(lake)} has the tables of {DEFAULT}, so nothing is built", flush=True)
    elif code := _build():
        sys.exit(code)
    with open_built_lake(["recommendations"]) as session:
        print(f"\n{QUERY};\n")
        print_query(session, QUERY)
    print(
        "\nThis query and many others are in docs/tutorial.md (in French: docs/tutorial.fr.md)."
        "\nOpen a second terminal, type `make sql` in this folder, and try them.\n",
        flush=True,
    )
    try:
        serve(port)
    except KeyboardInterrupt:
        print("\nThe server has stopped. `make demo` starts it again within seconds.")


def _build() -> int:
    """Run `reelhouse build`; return its exit code.

    It runs in a process of its own, so that the memory of Spark is free while the server runs.
    """
    command = [str(Path(sys.executable).with_name("reelhouse")), "build", f"--data={DEFAULT}"]
    # REELHOUSE_COLUMNS names columns of other data.
    with subprocess.Popen(command, env={**os.environ, "REELHOUSE_COLUMNS": ""}) as process:
        # The terminal sends Ctrl-C to the build, too, which then ends by itself.
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            code = process.wait()
        finally:
            signal.signal(signal.SIGINT, previous)
    return code if code >= 0 else 128 - code  # as a shell does for a killed process


def _is_up_to_date(lake: Path) -> bool:
    """Return whether a release has all tables of this project, and they come from the default data.

    If the lake has other data, return False; the build then refuses and names the remedies.
    """
    try:
        if newest_release(lake) is None or unpublished_tables(lake) or lost_tables(lake):
            return False
        if data_set_of_lake(lake) != DataSet(identity_of(DEFAULT), ""):
            return False
        built = read_catalog(lake, BUILD)
    except (NoLakeError, UnknownDataSetError):
        return False
    return built_names() <= {*built.names(), *built.views}
