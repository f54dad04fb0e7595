"""DuckDB's extensions, which are Python packages."""

import importlib.util
from pathlib import Path

import duckdb

from reelhouse.errors import ReelhouseError


def extension_file(name: str) -> Path:
    """Return the file of an extension.

    Raises:
        ReelhouseError: the extension is not installed.
    """
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    found = spec and spec.origin and Path(spec.origin).parent / "extensions"
    file = found and found / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not file or not file.is_file():
        raise ReelhouseError(
            f"DuckDB's extension {name} {duckdb.__version__} is not installed: run `make setup`"
        )
    return file
