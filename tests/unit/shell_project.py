"""A copy of the project for tests of `reelhouse shell`, which edit it."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from reelhouse.paths import JARS, ROOT
from tests.unit.terminals import Terminal

FOLDERS = (
    *("src", "packages/dbt-spark-session/src", "models", "python_models", "macros", "seeds"),
    *("profiles", "tests/data", "docs/dbt"),
)
START = "import sys; from reelhouse.cli import main; sys.exit(main(['shell']))"
PROMPT = "reelhouse> "


def copy_project(root: Path) -> Path:
    """Copy what dbt and the shell read, and return the copy."""
    for name in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    shutil.copy2(ROOT / "dbt_project.yml", root)
    (root / "profiles.yml").symlink_to("profiles/profiles.yml")
    (root / "jars").symlink_to(JARS)
    return root


def open_shell(root: Path, home: Path, environment: Mapping[str, str]) -> Terminal:
    """Start the shell of a copied project, with its history below ``home``."""
    code = os.pathsep.join(str(root / name) for name in FOLDERS[:2])
    variables = {**environment, "PYTHONPATH": code, "XDG_STATE_HOME": str(home)}
    return Terminal([sys.executable, "-c", START], variables, PROMPT, seconds=240)
