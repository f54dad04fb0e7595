"""Install the jars that Spark needs beside its own: resolve, check and keep them in jars/."""

import os
from pathlib import Path
from typing import NamedTuple

from reelhouse import terminal_step
from reelhouse.errors import ReelhouseError
from reelhouse.paths import JARS, JARS_LOCK, VENV, shown


class Jar(NamedTuple):
    """One line of jars.lock."""

    coordinate: str
    sha256: str

    @property
    def path(self) -> Path:
        """Return the path of the jar in jars/."""
        _, artifact, version = self.coordinate.split(":")
        return JARS / f"{artifact}-{version}.jar"

    @property
    def resolved_name(self) -> str:
        """Return the file name that Spark's resolver gives the jar."""
        return f"{self.coordinate.split(':')[0]}_{self.path.name}"

    def is_kept(self) -> bool:
        """Return whether jars/ has this jar with the right sha256."""
        return self.path.is_file() and terminal_step.sha256(self.path) == self.sha256


def locked_jars(lock: Path = JARS_LOCK) -> list[Jar]:
    """Read a file such as jars.lock, which has one `group:artifact:version sha256:…` per line."""
    lines = [line.split("#")[0].split() for line in lock.read_text().splitlines()]
    return [Jar(line[0], line[1].removeprefix("sha256:")) for line in lines if line]


def install_jars(lock: Path = JARS_LOCK) -> None:
    """Download the jars of a lock file that jars/ lacks.

    Spark's own resolver downloads them, so the settings of a user's mirror apply.

    Raises:
        ReelhouseError: the resolver fails, or a jar has another sha256 than in the lock file.
    """
    jars = locked_jars(lock)
    missing = [jar for jar in jars if not jar.is_kept()]
    if missing:
        with terminal_step.partial_folder(JARS) as folder:
            _resolve(missing, folder)
            for jar in missing:
                resolved = folder / "ivy" / "jars" / jar.resolved_name
                _check(jar, resolved, lock)
            for jar in missing:
                (folder / "ivy" / "jars" / jar.resolved_name).replace(jar.path)
    locked_at = lock.stat().st_mtime
    for jar in jars:
        # make compares the times. Unchanged jars keep theirs, or Java would ignore its archive.
        if jar.path.stat().st_mtime < locked_at:
            jar.path.touch()


def _resolve(jars: list[Jar], folder: Path) -> None:
    spark_home = next(VENV.glob("lib/python3.*/site-packages/pyspark"))
    nothing = folder / "nothing.py"
    nothing.touch()
    environment = dict(
        os.environ, SPARK_HOME=str(spark_home), PYSPARK_PYTHON=str(VENV / "bin" / "python")
    )
    terminal_step.run(
        [
            spark_home / "bin" / "spark-submit",
            *("--master", "local[1]"),
            *("--packages", ",".join(jar.coordinate for jar in jars)),
            *("--exclude-packages", "org.slf4j:slf4j-api"),  # Spark already has it
            *("--conf", f"spark.jars.ivy={folder / 'ivy'}"),
            nothing,
        ],
        env=environment,
    )


def _check(jar: Jar, resolved: Path, lock: Path) -> None:
    if not resolved.is_file():
        raise ReelhouseError(
            f"Spark's resolver did not download {jar.coordinate}: check that the Maven mirror has"
            " this jar (details: logs/setup.log)"
        )
    found = terminal_step.sha256(resolved)
    if found != jar.sha256:
        raise ReelhouseError(
            f"{jar.path.name} was downloaded with sha256 {found}, and {shown(lock)} says "
            f"{jar.sha256}: nothing was kept. Check the Maven mirror that Spark or Ivy is set to "
            f"use, then run `make setup` again."
        )
