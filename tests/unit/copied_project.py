"""A copy of the project, in which tests run `make` with something broken."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from reelhouse.paths import DATA, JARS, ROOT, VENV

QUICK_JAVA = {
    "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
}
DEAD = "http://127.0.0.1:9"


class Project:
    """A copy of the files that set-up reads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("Makefile", "jars.lock", "requirements.lock", "pyproject.toml"):
            shutil.copy2(ROOT / name, root / name)
        for name in ("src/reelhouse", "packages/dbt-spark-session", "profiles"):
            shutil.copytree(ROOT / name, root / name)

    def add_venv(self) -> None:
        """Link the environment of the real project, and make it look up to date."""
        (self.root / ".venv").symlink_to(VENV)
        newest = (VENV / ".installed").stat().st_mtime
        plug_in = "packages/dbt-spark-session/pyproject.toml"
        for name in ("jars.lock", "requirements.lock", "pyproject.toml", plug_in):
            os.utime(self.root / name, (newest - 9, newest - 9))

    def add_jars_and_data(self) -> None:
        """Link the jars of the real project, and make them look up to date.

        The links share their times with the real jars. Java's archive of classes is only valid for
        jars whose times do not change, so tests must not touch them.
        """
        shutil.copytree(JARS, self.root / "jars", copy_function=os.link)
        oldest = min(jar.stat().st_mtime for jar in (self.root / "jars").iterdir())
        os.utime(self.root / "jars.lock", (oldest - 9, oldest - 9))
        shutil.copytree(DATA / "ml-100k", self.root / "data" / "ml-100k")

    def make(
        self, *arguments: str, env: Mapping[str, str] | None = None, wrap: list[str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        outer = ("MAKE", "MFLAGS", "UV_", "JAVA_HOME", "PYTHONPATH", "SPARK_")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(outer)}
        return subprocess.run(
            [*(wrap or []), "make", *arguments],
            cwd=self.root,
            env={**environment, **(env or {})},
            capture_output=True,
            text=True,
            timeout=600,
        )


def failed_with(done: subprocess.CompletedProcess[str], *said: str) -> str:
    """Check that make failed with one line of error, which has the texts; return the line."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert done.returncode != 0
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    for text in said:
        assert text in lines[0]
    return lines[0]


def in_a_mount_namespace(script: str) -> list[str]:
    """Return the start of a command that first runs `script`, which mounts folders."""
    wrap = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec"]
    if shutil.which("unshare") is None or subprocess.run([*wrap, script]).returncode != 0:
        pytest.skip("mounting is not allowed here")
    return [*wrap, f'{script}; exec "$@"', "sh"]
