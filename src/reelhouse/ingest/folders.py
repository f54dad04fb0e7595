"""Find the ratings in a folder, by the names and headers of its files.

The name of the folder does not matter.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from reelhouse.errors import ReelhouseError, printable
from reelhouse.ingest.archives import MAX_DEPTH
from reelhouse.ingest.column_names import check_part
from reelhouse.ingest.files import (
    USUAL_NAMES,
    describe_file,
    has_usual_name,
    source_of_file,
    with_files_beside,
)
from reelhouse.ingest.formats import (
    PART_SUFFIXES,
    RatingsSource,
    Split,
    check_readable,
    format_of,
)
from reelhouse.ingest.given_splits import find_splits
from reelhouse.ingest.parts import (
    check_no_link,
    is_partition,
    partition_columns,
    parts_of,
    visible_paths,
)
from reelhouse.ingest.text_files import uncompressed_name

MOST_FILES = 20
"""Number of files that an error looks at and names."""
_NUMBERS = re.compile(r"\b[0-9a-f]{4,}\b|\d+")


def source_of_folder(data: str, folder: Path, mapping: Mapping[str, str]) -> RatingsSource:
    """Find the ratings in a folder. If its only entry is a folder, search that folder.

    Args:
        data: the identity of the source.
        folder: a folder with train and test files, with ratings of a known name, with one file, or
            with part files.
        mapping: our column → the file's column, for the columns that the user has named.

    Raises:
        ReelhouseError: the folder has no ratings or several files of ratings, or a file cannot be
            read.
    """
    outer = folder
    for _ in range(MAX_DEPTH):
        check_readable(folder)
        if (folder / "_delta_log").is_dir():
            raise ReelhouseError(
                f"{folder} is a Delta table, whose files may be out of date: write its rows to"
                " Parquet files elsewhere and name these"
            )
        found = [path for path in visible_paths(folder) if has_usual_name(path)]
        splits = _splits_of(folder, found) if "split" not in mapping else {}
        if splits:
            return _source_of_splits(data, folder, mapping, splits)
        found += sorted(folder.glob("*.inter"))  # RecBole's name of ratings
        if len(found) > 1:
            raise ReelhouseError(
                f"{folder} has several ratings files: {', '.join(path.name for path in found)}."
                " Name one of the files"
            )
        if found:
            return source_of_file(data, found[0], mapping)
        entries = visible_paths(folder)
        if len(entries) != 1 or is_partition(entries[0]):
            return _source_of_parts(data, folder, mapping)
        check_no_link(entries[0])
        if not entries[0].is_dir():
            return source_of_file(data, entries[0], mapping)
        folder = entries[0]
    raise ReelhouseError(f"{outer} has folders nested {MAX_DEPTH} deep: name the innermost")


def _splits_of(folder: Path, found: Sequence[Path]) -> dict[str, Split]:
    """Return the splits in a folder. Beside ratings of a known name, they must be those of one.

    All of MovieLens 100k has the files of several splits beside u.data, which has all ratings.
    """
    try:
        return find_splits(folder)
    except ReelhouseError:
        if found:
            return {}
        raise


def _source_of_splits(
    data: str, folder: Path, mapping: Mapping[str, str], splits: Mapping[str, Split]
) -> RatingsSource:
    """Describe the train, validation and test files as one file whose names give the splits."""
    first, *others = (folder / name for name in splits)
    check_readable(first)
    try:
        ratings = describe_file(first, "ratings", mapping, others=others)
    except ReelhouseError as error:
        message = _for_all(str(error), folder, first)
        if " | " in message:
            message += "; convert the files of the other splits too, and name their folder as DATA"
        raise ReelhouseError(message) from error
    for part in others:
        check_readable(part)
        if format_of(part) != ratings.file.format:
            raise ReelhouseError(
                f"{part} has another format than {first.name}: write all splits in one format"
            )
        try:
            check_part(part, first, ratings.file, ())
        except ReelhouseError as error:
            raise _one_of_several(error, folder, first) from error
    columns = {ours: theirs for ours, theirs in ratings.file.columns.items() if ours != "split"}
    file = ratings.file._replace(path=str(folder), columns=columns, splits=splits)
    return with_files_beside(data, folder / first.name, ratings._replace(file=file))


def _source_of_parts(data: str, folder: Path, mapping: Mapping[str, str]) -> RatingsSource:
    folders = [path for path in visible_paths(folder) if path.is_dir() and not is_partition(path)]
    parts = [] if folders else parts_of(folder)
    kinds = {Path(uncompressed_name(part)).suffix.lower() for part in parts}
    if len(kinds) != 1 or not kinds <= PART_SUFFIXES:
        raise ReelhouseError(
            f"{folder} holds no ratings file with a known name ({', '.join(USUAL_NAMES)}). If a"
            " file with another name has the ratings, name this file"
        )
    by_folder = partition_columns(folder, parts)
    for part in parts:
        check_readable(part)
    are_parts = len(parts) == 1 or _are_numbered(parts)
    try:
        file, scale, guess = describe_file(parts[0], "ratings", mapping, by_folder, parts[1:])
    except ReelhouseError as error:
        if len(parts) == 1:
            raise
        if are_parts:
            raise _one_of_several(error, folder, parts[0]) from error
        raise _several_files(folder, parts, mapping) from error
    try:
        for part in parts[1:]:
            check_part(part, parts[0], file, by_folder)
    except ReelhouseError as error:
        example = _example(parts, mapping)
        raise ReelhouseError(f"{_one_of_several(error, folder, parts[0])}{example}") from error
    if not file.has_header and not are_parts:
        raise _several_files(folder, parts, mapping)
    return RatingsSource(data, (file._replace(path=str(folder)),), scale, guess)


def _are_numbered(parts: Sequence[Path]) -> bool:
    """Return whether the names of files differ only in numbers, as those of parts do."""
    return len({_NUMBERS.sub("#", part.name.lower()) for part in parts}) == 1


def _several_files(
    folder: Path, files: Sequence[Path], mapping: Mapping[str, str]
) -> ReelhouseError:
    """Return the error for a folder with files that are no parts of the same ratings."""
    names = ", ".join(printable(str(file.relative_to(folder))) for file in files[:MOST_FILES])
    return ReelhouseError(
        f"{folder} has files with different content ({names}): name the file that has the ratings"
        f"{_example(files, mapping)}"
    )


def _example(files: Sequence[Path], mapping: Mapping[str, str]) -> str:
    """Return the first file whose header shows that it has ratings, for an error message."""
    for file in files[:MOST_FILES]:
        try:
            described = describe_file(file, "ratings", mapping).file
        except ReelhouseError:
            continue
        if described.has_header:
            return f", as in DATA={shlex.quote(str(file))}"
    return ""


def _one_of_several(error: ReelhouseError, folder: Path, first: Path) -> ReelhouseError:
    """Return the error of one of several files. A command in the error takes all of them."""
    message = _for_all(str(error), folder, first)
    message = message.replace(f" {shlex.quote(str(first))} |", f" {shlex.quote(str(folder))}/* |")
    return ReelhouseError(f"{message}; if only one file has the ratings, name this file as DATA")


def _for_all(message: str, folder: Path, first: Path) -> str:
    """Name the folder in place of its first file in the DATA of an error message."""
    return message.replace(f"DATA={shlex.quote(str(first))}", f"DATA={shlex.quote(str(folder))}")
