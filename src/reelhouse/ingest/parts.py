"""List the part files of a folder, as Spark writes them, and the columns in folder names.

In ``year=2023/part-0.parquet`` the column ``year`` has the value 2023 in every row of the part;
such folders may be nested.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.formats import SourceFile


def visible_paths(folder: Path) -> list[Path]:
    """Return the sorted contents of a folder, without the names that Spark treats as hidden."""
    return sorted(path for path in folder.iterdir() if not is_hidden(path.name))


def is_partition(path: Path) -> bool:
    """Return whether a path is a folder named after a column and its value."""
    return "=" in path.name and path.is_dir()


def parts_of(path: Path) -> list[Path]:
    """Return the non-empty files below a folder, sorted; for a file, return the file itself.

    Raises:
        ReelhouseError: a folder is a symbolic link.
    """
    if not path.is_dir():
        return [path]
    parts: list[Path] = []
    folders = [path]
    while folders:
        for inner in visible_paths(folders.pop()):
            check_no_link(inner)
            if inner.is_dir():
                folders.append(inner)
            elif inner.stat().st_size or not inner.is_file():
                parts.append(inner)
    return sorted(parts)


def files_of(file: SourceFile) -> list[Path]:
    """Return the files to read: those of the splits, or else all below the path."""
    return [Path(file.path, name) for name in file.splits] or parts_of(Path(file.path))


def partition_columns(folder: Path, parts: Sequence[Path]) -> list[str]:
    """Return the columns that the names of the parts' folders give. All parts must have the same.

    Raises:
        ReelhouseError: the parts differ in these columns, or a folder name lacks a column or value.
    """
    columns: dict[tuple[str, ...], Path] = {}
    for inner in {part.parent: None for part in parts}:
        names = inner.relative_to(folder).parts
        for name in names:
            column, equals, value = name.partition("=")
            if not column or not equals or not value:
                raise ReelhouseError(
                    f"{inner} is not a folder of a partition like year=2023, unlike other folders"
                    f" in {folder}: name one of the folders, or move this one away"
                )
        keys = tuple(unquote(name.partition("=")[0]) for name in names)
        if len({key.lower() for key in keys}) < len(keys):
            raise ReelhouseError(f"{inner} names a column twice: rename a folder")
        columns.setdefault(keys, inner)
    if len(columns) > 1:
        (first, one), (second, other) = list(columns.items())[:2]
        raise ReelhouseError(
            f"{one} is partitioned by {', '.join(first) or 'nothing'}, and {other} by"
            f" {', '.join(second) or 'nothing'}: name one of the folders"
        )
    return list(next(iter(columns), ()))


def check_no_link(path: Path) -> None:
    """Refuse a symbolic link to a folder, since it may form a cycle.

    Raises:
        ReelhouseError: the path is such a link.
    """
    if path.is_symlink() and path.is_dir():
        raise ReelhouseError(f"{path} is a link to a folder: name that folder")


def is_hidden(name: str) -> bool:
    """Return whether Spark leaves out files with this name, as `_SUCCESS` and `.part-0.crc`."""
    is_private = name.startswith("_") and "=" not in name
    return is_private or name.startswith(".") or name.endswith("._COPYING_")


def part_name(file: SourceFile, part: Path) -> str:
    """Return the path of a part below the folder of its source; for a single file, its name."""
    path = Path(file.path)
    return path.name if part == path else part.relative_to(path).as_posix()
