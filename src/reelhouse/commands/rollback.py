"""`reelhouse rollback`: show an earlier release to readers again."""

import json
import os

from reelhouse.commands.dbt import Messages, exit_code, run_dbt
from reelhouse.commands.snapshot import write_snapshot
from reelhouse.commands.write_lock import refuse_second_writer
from reelhouse.errors import ReelhouseError, printable
from reelhouse.lake.catalog import lake_folder, read_catalog
from reelhouse.lake.cluster import LOCAL
from reelhouse.lake.damage import damaged_file, recovery
from reelhouse.lake.releases import existing_releases, find_release
from reelhouse.paths import ROOT
from reelhouse.setup.java import find_java


def roll_back(release: str, target: str) -> None:
    """Show an earlier release to readers again, as a new release.

    dbt_spark_session does so in one transaction. The next build starts from these tables, too.

    Args:
        release: a release, as in ``11``.
        target: a target of profiles.yml.

    Raises:
        ReelhouseError: there is no such release, readers see it now, another process writes to the
            lake, or dbt fails.
    """
    lake = lake_folder()
    if target == LOCAL:  # refused before Spark starts
        chosen = find_release(lake, release)
        if chosen == existing_releases(lake)[0]:
            raise ReelhouseError(f"release {chosen.number} is the newest, which readers see now")
        refuse_second_writer()
        read_catalog(lake)  # refuses a lake that was moved or has lost its files
        missing = damaged_file(lake, chosen.catalog)
        if missing is not None:
            raise ReelhouseError(
                f"release {chosen.number} cannot be shown again, since {printable(missing)} is"
                f" missing or damaged: {recovery(lake)}"
            )
        number = chosen.number
    else:
        if not release.removeprefix("r").isdecimal():
            raise ReelhouseError(f"{printable(release)!r} is not the number of a release")
        number = int(release.removeprefix("r"))
    find_java()
    os.chdir(ROOT)
    options = [] if target == LOCAL else ["--target", target]
    arguments = json.dumps({"release": number})
    messages = Messages()
    result = run_dbt(["run-operation", "roll_back", "--args", arguments, *options], messages)
    if exit_code(result) != 0:
        raise ReelhouseError("nothing was rolled back: the cause is above, and in logs/dbt.log")
    print(*messages.texts, sep="\n")
    if target == LOCAL:
        write_snapshot()
