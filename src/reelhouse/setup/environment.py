"""Install the packages of requirements.lock into .venv. Standard library only."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from reelhouse import terminal_step
from reelhouse.paths import PLUG_IN, REQUIREMENTS_LOCK, ROOT, VENV

STAMP = VENV / ".installed"
_UV_NAMES = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX"}


def install_packages() -> None:
    """Create .venv if it is missing or broken, and install the locked packages and both projects.

    Raises:
        ReelhouseError: pip or uv fails.
    """
    python = VENV / "bin" / "python"
    lock = terminal_step.sha256(REQUIREMENTS_LOCK)
    projects = [terminal_step.sha256(folder / "pyproject.toml") for folder in (ROOT, PLUG_IN)]
    installed = STAMP.read_text().split() if STAMP.is_file() else []
    if not _works(python):
        terminal_step.run([sys.executable, "-m", "venv", "--clear", VENV])
        installed = []
    if lock not in installed:
        STAMP.unlink(missing_ok=True)
        _install_uv(python)
        _uv(python, "sync", "--require-hashes", str(REQUIREMENTS_LOCK))
    if [lock, *projects] != installed:
        folders = ["--editable", str(PLUG_IN), "--editable", str(ROOT)]
        _uv(python, "install", "--no-deps", "--no-build-isolation", *folders)
    STAMP.write_text("\n".join([lock, *projects, ""]))


def _works(python: Path) -> bool:
    try:
        question = "import pip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))"
        return subprocess.run([python, "-c", question], capture_output=True).returncode == 0
    except OSError:
        return False


def _install_uv(python: Path) -> None:
    block = re.search(r"^uv==(?:.*\\\n)*.*", REQUIREMENTS_LOCK.read_text(), re.MULTILINE)
    assert block is not None, "requirements.lock pins uv"
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write(block[0] + "\n")
        requirements.flush()
        terminal_step.run(
            [
                *(python, "-m", "pip", "install", "--retries", "2"),
                *("--require-hashes", "--requirement", requirements.name),
            ]
        )


def _uv(python: Path, *arguments: str) -> None:
    uv = VENV / "bin" / "uv"
    terminal_step.run([uv, "pip", *arguments, "--python", python], env=_uv_environment(python))


def _uv_environment(python: Path) -> dict[str, str]:
    """Return the environment of uv, with pip's mirrors unless uv has mirrors configured."""
    settings = subprocess.run(
        [python, "-m", "pip", "config", "list"], capture_output=True, text=True
    )
    environment = {"UV_SYSTEM_CERTS": "1", **os.environ}
    for line in settings.stdout.splitlines():
        name, _, value = line.partition("=")
        uv_name = _UV_NAMES.get(name.rpartition(".")[2])
        if uv_name and not {uv_name, "UV_INDEX_URL"} & os.environ.keys():
            environment[uv_name] = value.strip("'\"")
    return environment
