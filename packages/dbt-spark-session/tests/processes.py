"""Folders, settings and types that several test files need, and runners of commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Dbt = Callable[..., "subprocess.CompletedProcess[str]"]
"""The fixture ``dbt``."""

PACKAGE = Path(__file__).parents[1]
EXAMPLE = PACKAGE / "examples" / "jaffle_shop"
JARS = PACKAGE.parents[1] / "jars"
CLASS_PATH = ":".join(sorted(map(str, JARS.glob("*.jar"))))

_PATIENCE = 600
"""Seconds after which a command is stopped, and its test fails."""
DBT = (sys.executable, "-m", "dbt.cli.main", "--no-send-anonymous-usage-stats")

QUICK = {
    # Small queries spend most of their time on compilation, in Java and of generated code.
    # Java ignores an archive of classes that is missing or that belongs to another class path.
    "spark.driver.extraJavaOptions": (
        "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
        f' "-XX:SharedArchiveFile={JARS}/classes.jsa"'
        " -Xlog:cds=off -Xlog:cds+dynamic=off"
    ),
    "spark.driver.extraClassPath": CLASS_PATH,
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "1",
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
"""Settings with which Spark runs small queries fast."""


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
        timeout=_PATIENCE,
    )


def run(*command: str | Path, cwd: Path | None = None, **environment: str) -> str:
    """Run a command; return its output, and fail with the output if the command fails."""
    done = complete(*command, cwd=cwd, **environment)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout
