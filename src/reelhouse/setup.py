"""Set-up: packages, jars, data. Standard library only, as it runs before packages exist."""

import sys
from collections.abc import Sequence

from reelhouse import steps
from reelhouse.datasets import install_dataset
from reelhouse.errors import ReelhouseError
from reelhouse.jars import install_jars
from reelhouse.java import find_java
from reelhouse.packages import install_packages
from reelhouse.paths import ROOT

STEPS = ("packages", "jars", "data")


def set_up(steps_wanted: Sequence[str] = STEPS) -> None:
    """Do the named steps, each of which does nothing when all is in place already."""
    if {"packages", "jars"} & set(steps_wanted):
        find_java()
    if "packages" in steps_wanted:
        with steps.step("python packages"):
            install_packages()
    if "jars" in steps_wanted:
        with steps.step("jars"):
            install_jars()
    if "data" in steps_wanted:
        with steps.step("data (MovieLens 100k)"):
            install_dataset()
    profiles = ROOT / "profiles.yml"
    if not profiles.exists() and not profiles.is_symlink():
        profiles.symlink_to("profiles/profiles.yml")


def main(arguments: Sequence[str]) -> int:
    """Run `python -m reelhouse.setup [STEP…]`: what make calls."""
    try:
        set_up(arguments or STEPS)
    except ReelhouseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
