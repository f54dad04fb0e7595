"""Command line of set-up: `python -m reelhouse.setup STEP…`, which the Makefile calls."""

import sys
from collections.abc import Sequence

from reelhouse import terminal_step
from reelhouse.errors import ReelhouseError
from reelhouse.paths import ROOT, S3_JARS_LOCK
from reelhouse.setup.environment import install_packages
from reelhouse.setup.jars import install_jars
from reelhouse.setup.java import find_java
from reelhouse.setup.java_classes import archive_classes
from reelhouse.setup.movielens_100k import install_movielens_100k

STEPS = ("packages", "jars", "s3", "classes", "data", "profile")


def set_up(steps: Sequence[str]) -> None:
    """Run the named steps. A step whose result is already in place changes nothing.

    Raises:
        ReelhouseError: a step has another name, or it fails.
    """
    if unknown := set(steps) - set(STEPS):
        raise ReelhouseError(f"no set-up step {min(unknown)}: name one of {', '.join(STEPS)}")
    if {"packages", "jars", "s3", "classes"} & set(steps):
        find_java()
    if "packages" in steps:
        with terminal_step.step("python packages"):
            install_packages()
    if "jars" in steps:
        with terminal_step.step("jars"):
            install_jars()
    if "s3" in steps:
        with terminal_step.step("jar for tables on S3"):
            install_jars(S3_JARS_LOCK)
    if "classes" in steps:
        with terminal_step.step("java classes"):
            archive_classes()
    if "data" in steps:
        with terminal_step.step("data (MovieLens 100k)"):
            install_movielens_100k()
    if "profile" in steps:
        link_profile()


def link_profile() -> None:
    """Link profiles/profiles.yml into the project root, where plain dbt looks for it."""
    profiles = ROOT / "profiles.yml"
    if not profiles.exists() and not profiles.is_symlink():
        profiles.symlink_to("profiles/profiles.yml")


def main(steps: Sequence[str]) -> int:
    """Run the steps; return the exit code."""
    try:
        set_up(steps)
    except ReelhouseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
