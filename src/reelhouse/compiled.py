"""What is compiled once, at set-up: numba's kernels, and an archive of Spark's classes for Java."""

import os
import subprocess
from pathlib import Path

from reelhouse import steps
from reelhouse.paths import JARS, ROOT, VENV

ARCHIVE = JARS / "spark.jsa"
STAMP = VENV / ".compiled"


def compile_all() -> None:
    """Compile kernels and archive classes side by side; a core each."""
    kernels = subprocess.Popen(
        [VENV / "bin" / "python", "-m", "reelhouse.als"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    try:
        with steps.partial_folder(JARS) as folder:
            _archive_classes(folder)
    finally:
        # A kernel that is not compiled now is compiled by the first fit, with a proper message.
        kernels.wait()
    STAMP.touch()


def _archive_classes(folder: Path) -> None:
    """Let Java dump the classes that a small build loads when it ends (JEP 350).

    The archive holds for the Java and the class path that wrote it; others go without.
    """
    archive = folder / ARCHIVE.name
    environment = dict(
        os.environ,
        REELHOUSE_LAKE=str(folder / "lake"),
        REELHOUSE_JAVA_OPTIONS=f"-XX:TieredStopAtLevel=1 -XX:ArchiveClassesAtExit={archive}",
    )
    steps.run(
        [VENV / "bin" / "python", "-m", "reelhouse.small_build", folder],
        env=environment,
    )
    archive.replace(ARCHIVE)
