"""Folders and types that several test files need, and runners of commands."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

Dbt = Callable[..., "subprocess.CompletedProcess[str]"]
"""The fixture ``dbt``."""

PACKAGE = Path(__file__).parents[1]
EXAMPLE = PACKAGE / "examples" / "jaffle_shop"
JARS = PACKAGE.parents[1] / "jars"


def complete(
    *command: str | Path, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, whether it succeeds or fails."""
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def run(*command: str | Path, cwd: Path | None = None, **environment: str) -> str:
    """Run a command; return its output, and fail with the output if the command fails."""
    done = complete(*command, cwd=cwd, **environment)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout
