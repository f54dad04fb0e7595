"""Where the project keeps its files. Standard library only: set-up runs before packages exist."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
JARS = ROOT / "jars"
DATA = ROOT / "data"
LOGS = ROOT / "logs"
PLUG_IN = ROOT / "packages" / "dbt-spark-session"
REQUIREMENTS_LOCK = ROOT / "requirements.lock"
JARS_LOCK = ROOT / "jars.lock"


def shown(path: Path) -> str:
    """Return `path` as a person would type it: relative to the project root when inside it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
