"""Build the distributions, and install the wheel into an environment with nothing else."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from processes import PACKAGE, run

LOCK = PACKAGE.parents[1] / "requirements.lock"
"""Versions that ``make setup`` has installed, so that they are in uv's cache."""
BIN = Path(sys.executable).parent
_NOT_SOURCE = ("__pycache__", "logs", "lake", "target")


def build_distributions(folder: Path) -> Path:
    """Build a source distribution from a copy of the package, and from this the wheel; return it.

    The tree of the copy is ``folder / "source"``, the distributions are in ``folder / "dist"``.
    """
    source = folder / "source"
    shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns(*_NOT_SOURCE))
    build = [BIN / "python", "-m", "build", "--no-isolation", "--outdir", folder / "dist", source]
    run(*build)
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def install(environment: Path, *requirements: str | Path) -> Path:
    """Create a virtual environment, and install requirements with uv; return its ``bin``."""
    uv = [BIN / "uv", "--quiet"]
    run(*uv, "venv", "--python", sys.executable, environment)
    python = environment / "bin" / "python"
    run(*uv, "pip", "install", "--python", python, *requirements, UV_SYSTEM_CERTS="1")
    return environment / "bin"
