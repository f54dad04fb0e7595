"""The environment of the peers: the packages of benchmarks/peers.txt."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from reelhouse.errors import ReelhouseError

REQUIREMENTS = Path(__file__).parents[1] / "peers.txt"
FOLDER = Path(__file__).parents[1] / "out" / "peers"
# LIBMF's own Makefile compiles with these flags. Its package on PyPI leaves them out, and then a
# recent setuptools compiles C++ without any optimisation.
LIBMF_FLAGS = "-O3 -march=native -pthread -fopenmp -DUSEOMP -DUSEAVX"


def peers_python() -> Path:
    """Return the interpreter of the peers' environment; make the environment if it is missing.

    Raises
    ------
    ReelhouseError
        A package cannot be installed.
    """
    environment, log = FOLDER / ".venv", FOLDER / "environment.log"
    python = environment / "bin" / "python"
    installed = environment / ".installed"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest() + platform.python_version()
    if installed.is_file() and installed.read_text() == wanted:
        return python
    FOLDER.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(environment, ignore_errors=True)
    print("installing benchmarks/peers.txt …", file=sys.stderr, flush=True)
    uv = Path(sys.executable).parent / "uv"
    commands: list[list[str | Path]] = [
        [uv, "venv", "--python", sys.executable, environment],
        # A wheel of LIBMF in uv's cache may have been compiled without the flags.
        [uv, "pip", "install", "--python", python, "--require-hashes",
         "--refresh-package", "libmf", "--requirements", REQUIREMENTS],
    ]  # fmt: skip
    with log.open("w") as output:
        for command in commands:
            done = subprocess.run(
                command, env=_compiler_environment(), stdout=output, stderr=subprocess.STDOUT
            )
            if done.returncode:
                raise ReelhouseError(
                    f"the packages of {REQUIREMENTS.name} could not be installed: see {log}"
                    " (LIBMF needs a C++ compiler; Debian/Ubuntu: sudo apt install g++)"
                )
    installed.write_text(wanted)
    return python


def _compiler_environment() -> dict[str, str]:
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return {**os.environ, "CFLAGS": "-O3", "CXXFLAGS": "-O3"}
    flags = {"CFLAGS": LIBMF_FLAGS, "CXXFLAGS": LIBMF_FLAGS, "LDFLAGS": "-fopenmp"}
    return {**os.environ, **flags}
