"""Paths of the project. Standard library only, since set-up runs before packages are installed."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
JARS = ROOT / "jars"
DATA = ROOT / "data"
LOGS = ROOT / "logs"
TARGET = ROOT / "target"
DOCUMENTATION = TARGET / "docs.html"
PLUG_IN = ROOT / "packages" / "dbt-spark-session"
REQUIREMENTS_LOCK = ROOT / "requirements.lock"
JARS_LOCK = ROOT / "jars.lock"
S3_JARS_LOCK = ROOT / "jars-s3.lock"


def shown(path: Path) -> str:
    """Return a path relative to the project root; a path outside of the root stays absolute."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
