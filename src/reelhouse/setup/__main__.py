"""Set-up: packages, jars, data. Standard library only, as it runs before packages exist."""

import sys
from collections.abc import Sequence

from reelhouse import terminal_step
from reelhouse.errors import ReelhouseError
from reelhouse.paths import ROOT
from reelhouse.setup.environment import install_packages
from reelhouse.setup.jars import install_jars
from reelhouse.setup.java import find_java
from reelhouse.setup.movielens_100k import install_dataset

STEPS = ("packages", "jars", "data", "profile")


def set_up(wanted: Sequence[str] = ()) -> None:
    """Do the named steps (default: all), each of which does nothing when all is in place."""
    unknown = set(wanted) - set(STEPS)
    if unknown:
        raise ReelhouseError(f"no set-up step {min(unknown)}: there are {', '.join(STEPS)}")
    wanted = wanted or STEPS
    if {"packages", "jars"} & set(wanted):
        find_java()
    if "packages" in wanted:
        with terminal_step.step("python packages"):
            install_packages()
    if "jars" in wanted:
        with terminal_step.step("jars"):
            install_jars()
    if "data" in wanted:
        with terminal_step.step("data (MovieLens 100k)"):
            install_dataset()
    if "profile" in wanted:
        link_profile()


def link_profile() -> None:
    """Let plain dbt find the profile from the project root."""
    profiles = ROOT / "profiles.yml"
    if not profiles.exists() and not profiles.is_symlink():
        profiles.symlink_to("profiles/profiles.yml")


def main(arguments: Sequence[str]) -> int:
    """Run `python -m reelhouse.setup [STEP…]`: what make calls."""
    try:
        set_up(arguments)
    except ReelhouseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
