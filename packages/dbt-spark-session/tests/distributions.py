"""Build the distributions, and install the wheel into an environment with nothing else."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from processes import PACKAGE, run

LOCK = PACKAGE.parents[1] / "requirements.lock"
"""Versions that ``make setup`` has installed."""
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
    """Create a virtual environment, and install requirements with uv; return its ``bin``.

    Without a cache, since uv would keep another copy of pyspark (1.4 GB) in each run.
    """
    uv = [BIN / "uv", "--quiet"]
    run(*uv, "venv", "--python", sys.executable, environment)
    python = environment / "bin" / "python"
    options = ("--no-cache", "--python", python)
    run(*uv, "pip", "install", *options, *requirements, UV_SYSTEM_CERTS="1")
    return environment / "bin"
