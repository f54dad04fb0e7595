"""The version of a dbt project's code, by Git."""

from __future__ import annotations

import subprocess


def code_version(folder: str) -> str | None:
    """Return the commit of the repository with a folder, as `git describe` names it.

    The name ends in ``-dirty`` if files of the repository differ from the commit. None outside of a
    repository, and without Git.
    """
    command = ["git", "-C", folder, "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError, UnicodeDecodeError):
        return None
    return done.stdout.strip() or None
