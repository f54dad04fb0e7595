"""Build the distributions, and install the wheel into an environment with nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
EXAMPLE = PACKAGE / "examples" / "jaffle_shop"
LOCK = PACKAGE.parents[1] / "requirements.lock"
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


def install(wheel: Path, environment: Path, *requirements: str, locked: bool = True) -> Path:
    """Create a virtual environment with the wheel and what it requires; return its ``bin``.

    ``locked`` takes the versions in the repository's lock file, which are in uv's cache.
    """
    uv = [BIN / "uv", "--quiet"]
    run(*uv, "venv", "--python", sys.executable, environment)
    constraints = ["--constraint", LOCK] if locked else []
    python = environment / "bin" / "python"
    run(*uv, "pip", "install", "--python", python, *constraints, wheel, *requirements)
    return environment / "bin"


def run(*command: str | Path, cwd: Path | None = None, **environment: str) -> str:
    """Run a command; return its output, and fail with the output if the command fails."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={"UV_SYSTEM_CERTS": "1", **os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout
