"""Describe a file of ratings, and find the files that belong to it.

The movies, links and tags of a CSV file of ratings, and the movies, users and tags of a MovieLens
release, are in the same folder as the ratings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reelhouse.errors import ReelhouseError, printable
from reelhouse.ingest.column_kinds import FEWEST_ROWS
from reelhouse.ingest.column_names import column_names, names_of_objects
from reelhouse.ingest.columns import columns_of, columns_text, name_them
from reelhouse.ingest.conversion_hints import nested_rows
from reelhouse.ingest.csv_layouts import Layout, layout_of
from reelhouse.ingest.first_rows import first_rows, nested_name
from reelhouse.ingest.formats import (
    JSON,
    TEXT,
    RatingsSource,
    Scale,
    SourceFile,
    check_readable,
    format_of,
)
from reelhouse.ingest.guesses import (
    guess_columns,
    is_matrix,
    table_of_movies,
    usual_order,
)
from reelhouse.ingest.items_beside import items_beside
from reelhouse.ingest.parts import files_of, is_hidden
from reelhouse.ingest.text_files import COMPRESSED_SUFFIXES, check_lines, uncompressed_name
from reelhouse.ingest.usual_names import REQUIRED, has_required

_SEPARATORS = {"u.data": "\t", "ratings.dat": "::"}
"""File of ratings of a MovieLens release without headers → the separator of its columns."""
_DESCRIPTIONS = {
    "u.data": (("movies", "u.item", "|"), ("users", "u.user", "|")),
    "ratings.dat": (
        *(("movies", "movies.dat", "::"), ("users", "users.dat", "::")),
        ("tags", "tags.dat", "::"),
    ),
}
"""File of ratings → role, name and separator of the files beside it."""
_RELEASE_COLUMNS = {"user_id": "1", "movie_id": "2", "rating": "3", "rated_at": "4"}
"""Our column → its position in the ratings of a MovieLens release without headers."""
_CSV_BESIDE = {
    "ratings.csv": {"movies": "movies.csv", "links": "links.csv", "tags": "tags.csv"},
    "rating.csv": {"movies": "movie.csv", "links": "link.csv", "tags": "tag.csv"},
}
"""CSV file of ratings → role and name of the files beside it, as GroupLens and Kaggle name them."""
USUAL_NAMES = (*_SEPARATORS, *_CSV_BESIDE)
"""Usual names of files of ratings."""
_PART_OF_100K = re.compile(r"u[1-5ab]\.(base|test)")
"""Name of a train or test file of MovieLens 100k, which has the layout of u.data."""
_MOVIELENS_HEADER = {"userid", "movieid", "rating", "timestamp"}
_HALF_STARS: Scale = (0.5, 5.0, 0.5)
_WHOLE_STARS: Scale = (1.0, 5.0, 1.0)


class DescribedFile(NamedTuple):
    """A file with its columns, and what the file shows about the source."""

    file: SourceFile
    scale: Scale | None
    """The scale of MovieLens if the file has MovieLens's header."""
    guess: str
    """The guessed columns, written as in COLUMNS; empty if no column was guessed."""


def source_of_file(data: str, path: Path, mapping: Mapping[str, str]) -> RatingsSource:
    """Describe a file of ratings, and find the files beside it that belong to it.

    Args:
        data: the identity of the source.
        path: the file.
        mapping: our column → the file's column, for the columns that the user has named.

    Raises:
        ReelhouseError: a file cannot be read, has no known format, or lacks a column.
    """
    check_readable(path)
    if is_hidden(path.name):
        raise ReelhouseError(
            f"{path} has the name of a hidden file, which Spark leaves out: rename it, so that it"
            " does not start with . or _ and does not end with ._COPYING_"
        )
    return with_files_beside(data, path, describe_file(path, "ratings", mapping))


def has_usual_name(path: Path) -> bool:
    """Return whether a path is a file with a usual name of ratings; only CSV may be compressed."""
    name = path.name.lower()
    return (name in _SEPARATORS or uncompressed_name(Path(name)) in _CSV_BESIDE) and path.is_file()


def with_files_beside(data: str, path: Path, ratings: DescribedFile) -> RatingsSource:
    """Return the source that consists of a file of ratings and the other files beside it."""
    name = uncompressed_name(path).lower()
    beside = _CSV_BESIDE.get("ratings.csv" if ratings.file.splits else name, {})
    files = [ratings.file, *_csv_beside(path, beside)]
    scale = ratings.scale
    if _is_release(path, ratings.file):
        files += _descriptions_beside(path)
        # The 1M release has users, the 10M release has none.
        is_10m = path.name == "ratings.dat" and "users" not in {file.role for file in files}
        scale = _HALF_STARS if is_10m else _WHOLE_STARS
    elif "movies" not in {file.role for file in files} and (items := items_beside(ratings.file)):
        files.append(items)
    return RatingsSource(data, tuple(files), scale, ratings.guess)


def describe_file(
    path: Path,
    role: str,
    mapping: Mapping[str, str],
    by_folder: Sequence[str] = (),
    others: Sequence[Path] = (),
) -> DescribedFile:
    """Find the columns of a file, or of a folder by its first file.

    Args:
        path: the file, or the first file of the folder.
        role: ``ratings``, ``movies``, ``links`` or ``tags``.
        mapping: our column → the file's column, for the columns that the user has named.
        by_folder: columns whose values are in the names of the folders around the file.
        others: the other files of the folder. Files of JSON Lines need not have the same names.
    """
    file = SourceFile(role, format_of(path), str(path))
    if file.format != TEXT:
        is_json = file.format == JSON
        names = names_of_objects([path, *others]) if is_json else column_names(file, path)
        names += by_folder
        rows = first_rows(file, path, names)
        nested = nested_name(path) if file.format == JSON else None
        if nested and not has_required(names, mapping):
            raise ReelhouseError(nested_rows(path, nested))
        columns = columns_of(path, names, role, mapping, rows)
        return DescribedFile(file._replace(columns=columns), None, "")
    layout = layout_of(path, role, [*filter(None, mapping.values())])
    file = file._replace(
        separator=layout.separator,
        has_header=layout.has_header,
        has_line_breaks=layout.has_line_breaks,
    )
    if not file.has_header:
        columns = _columns_by_position(path, role, mapping, layout, by_folder)
        is_known = set(REQUIRED) <= mapping.keys() or _has_release_rows(path, layout)
        guess = "" if is_known else columns_text(columns)
        return DescribedFile(file._replace(columns=columns), None, guess)
    names = [*layout.names, *by_folder]
    columns = columns_of(path, names, role, mapping, layout.rows)
    is_movielens = file.separator == "," and set(map(str.lower, names)) == _MOVIELENS_HEADER
    return DescribedFile(file._replace(columns=columns), _HALF_STARS if is_movielens else None, "")


def _columns_by_position(
    path: Path,
    role: str,
    mapping: Mapping[str, str],
    layout: Layout,
    by_folder: Sequence[str],
) -> dict[str, str]:
    """Return our column → the position in a file without a header, from COLUMNS or a guess."""
    if role != "ratings":
        raise ReelhouseError(
            f"{path} has no header: write the names of the columns above its first line, or rename"
            " the file to read the ratings without movies"
        )
    names = [*layout.names, *by_folder]
    if set(REQUIRED) <= mapping.keys():
        return columns_of(path, names, role, mapping, layout.rows)
    if _has_release_rows(path, layout):
        usual = _RELEASE_COLUMNS
    else:
        usual = {} if by_folder else usual_order(layout.names, layout.rows)
    if not usual:
        if is_matrix(layout.rows):
            raise ReelhouseError(table_of_movies(path, len(layout.names)))
        line = printable(layout.separator.join(layout.rows[0])[:80])
        example = guess_columns(names, layout.rows, mapping)
        raise ReelhouseError(
            f"{path} has no header, since its first line is {line!r}, and its columns cannot be"
            f" guessed safely: {name_them(path, REQUIRED, example)}"
        )
    return columns_of(path, names, role, {**usual, **mapping})


def _is_release(path: Path, file: SourceFile) -> bool:
    """Return whether a file has the name and the columns of MovieLens 100k, 1M or 10M."""
    if file.has_header or file.separator != _SEPARATORS.get(_name_in_release(path)):
        return False
    has_four = column_names(file, files_of(file)[0]) == [*_RELEASE_COLUMNS.values()]
    return has_four and file.columns.items() <= _RELEASE_COLUMNS.items()


def _has_release_rows(path: Path, layout: Layout) -> bool:
    """Return whether a file without a header has the name and the rows of a MovieLens release.

    The values of a few rows do not show what the columns are, so that the name decides.
    """
    if layout.separator != _SEPARATORS.get(_name_in_release(path)):
        return False
    if layout.names != [*_RELEASE_COLUMNS.values()]:
        return False
    are_few = len(layout.rows) < FEWEST_ROWS
    return are_few or usual_order(layout.names, layout.rows) == _RELEASE_COLUMNS


def _name_in_release(ratings: Path) -> str:
    """Return the name of the release's ratings: u.data for a train or test file of 100k."""
    return "u.data" if _PART_OF_100K.fullmatch(ratings.name) else ratings.name


def _descriptions_beside(ratings: Path) -> Iterator[SourceFile]:
    """Yield the movies, users and tags of a MovieLens release without headers."""
    for role, name, separator in _DESCRIPTIONS[_name_in_release(ratings)]:
        path = ratings.parent / name
        if not path.is_file():
            continue
        try:
            check_readable(path)
            check_lines(path)
        except ReelhouseError:
            if role != "tags":
                raise
            continue
        yield SourceFile(role, TEXT, str(path), separator, has_header=False)


def _csv_beside(ratings: Path, names: Mapping[str, str]) -> Iterator[SourceFile]:
    """Yield the files with these names by role; each may be compressed."""
    for role, name in names.items():
        candidates = (ratings.parent / f"{name}{suffix}" for suffix in ("", *COMPRESSED_SUFFIXES))
        path = next(filter(Path.is_file, candidates), None)
        if path is None:
            continue
        try:
            check_readable(path)
            described = describe_file(path, role, {}).file
            check_lines(path)
        except ReelhouseError:
            # A file of another program may have the name links.csv or tags.csv.
            if role == "movies":
                raise
            continue
        yield described
