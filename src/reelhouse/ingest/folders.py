"""Find the ratings, movies and users in a folder or beside a file, by their names and headers.

The name of the folder does not matter. The movies of a CSV file of ratings, and the movies and
users of a MovieLens release, are in the same folder as the ratings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reelhouse.errors import ReelhouseError, printable
from reelhouse.ingest.archives import MAX_DEPTH
from reelhouse.ingest.columns import (
    REQUIRED,
    check_part,
    column_names,
    columns_of,
    columns_text,
    name_them,
)
from reelhouse.ingest.csv_layouts import Layout, layout_of, named_by_position
from reelhouse.ingest.formats import (
    PART_SUFFIXES,
    TEXT,
    RatingsSource,
    Scale,
    SourceFile,
    Split,
    check_readable,
    format_of,
)
from reelhouse.ingest.given_splits import find_splits
from reelhouse.ingest.guesses import (
    filled_columns,
    guess_columns,
    has_usual_order,
    is_matrix,
    table_of_movies,
)
from reelhouse.ingest.parts import (
    check_no_link,
    is_partition,
    partition_columns,
    parts_of,
    visible_paths,
)
from reelhouse.ingest.text_files import COMPRESSED_SUFFIXES, uncompressed_name

_SEPARATORS = {"u.data": "\t", "ratings.dat": "::"}
"""File of ratings of a MovieLens release without headers → the separator of its columns."""
_DESCRIPTIONS = {
    "u.data": (("movies", "u.item", "|"), ("users", "u.user", "|")),
    "ratings.dat": (("movies", "movies.dat", "::"), ("users", "users.dat", "::")),
}
"""File of ratings → role, name and separator of the files beside it."""
_USUAL_ORDER = ("user_id", "movie_id", "rating", "rated_at")
"""Order of the columns of ratings without a header, unless COLUMNS gives their positions."""
_MOVIES = {"ratings.csv": "movies.csv", "rating.csv": "movie.csv"}
"""CSV file of ratings → CSV file of movies, as GroupLens and as Kaggle name them."""
_RATINGS = (*_SEPARATORS, *_MOVIES)
_PART_OF_100K = re.compile(r"u[1-5ab]\.(base|test)")
"""Name of a train or test file of MovieLens 100k, which has the layout of u.data."""
_MOVIELENS_HEADER = {"userid", "movieid", "rating", "timestamp"}
_HALF_STARS: Scale = (0.5, 5.0, 0.5)
_WHOLE_STARS: Scale = (1.0, 5.0, 1.0)


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
        found = [path for path in visible_paths(folder) if _is_known(path)]
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


def source_of_file(data: str, path: Path, mapping: Mapping[str, str]) -> RatingsSource:
    """Describe a file of ratings, and find the movies and users beside it.

    ``data`` and ``mapping`` are those of ``source_of_folder``.

    Raises:
        ReelhouseError: a file cannot be read, has no known format, or lacks a column.
    """
    check_readable(path)
    return _with_descriptions(data, path, _describe_file(path, "ratings", mapping))


def _with_descriptions(data: str, path: Path, ratings: _Description) -> RatingsSource:
    """Add the movies and users beside a file of ratings."""
    name = uncompressed_name(path).lower()
    movies = _MOVIES.get("ratings.csv" if ratings.file.splits else name)
    files = [ratings.file, *_movies_beside(path, movies)]
    scale = ratings.scale
    if _is_release(path, ratings.file.separator, has_header=ratings.file.has_header):
        files += _descriptions_beside(path)
        # The 1M release has users, the 10M release has none.
        is_10m = path.name == "ratings.dat" and len(files) < 3
        scale = _HALF_STARS if is_10m else _WHOLE_STARS
    return RatingsSource(data, tuple(files), scale, ratings.guess)


def _is_known(path: Path) -> bool:
    """Return whether a file has the usual name of ratings; only CSV may be compressed."""
    name = path.name.lower()
    return (name in _SEPARATORS or uncompressed_name(Path(name)) in _MOVIES) and path.is_file()


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
    ratings = _describe_file(first, "ratings", mapping)
    for part in others:
        check_readable(part)
        if format_of(part) != ratings.file.format:
            raise ReelhouseError(
                f"{part} has another format than {first.name}: write all splits in one format"
            )
        try:
            check_part(part, first, ratings.file, ())
        except ReelhouseError as error:
            raise _one_of_several(error) from error
    columns = {ours: theirs for ours, theirs in ratings.file.columns.items() if ours != "split"}
    file = ratings.file._replace(path=str(folder), columns=columns, splits=splits)
    return _with_descriptions(data, folder / first.name, ratings._replace(file=file))


def _source_of_parts(data: str, folder: Path, mapping: Mapping[str, str]) -> RatingsSource:
    folders = [path for path in visible_paths(folder) if path.is_dir() and not is_partition(path)]
    parts = [] if folders else parts_of(folder)
    kinds = {Path(uncompressed_name(part)).suffix.lower() for part in parts}
    if len(kinds) != 1 or not kinds <= PART_SUFFIXES:
        raise ReelhouseError(
            f"{folder} holds no ratings file with a known name ({', '.join(_RATINGS)}). If a"
            " file with another name has the ratings, name this file"
        )
    by_folder = partition_columns(folder, parts)
    for part in parts:
        check_readable(part)
    try:
        file, scale, guess = _describe_file(parts[0], "ratings", mapping, by_folder)
        for part in parts[1:]:
            check_part(part, parts[0], file, by_folder)
    except ReelhouseError as error:
        if len(parts) == 1:
            raise
        raise _one_of_several(error) from error
    return RatingsSource(data, (file._replace(path=str(folder)),), scale, guess)


def _one_of_several(error: ReelhouseError) -> ReelhouseError:
    return ReelhouseError(f"{error}; if only one file has the ratings, name this file as DATA")


def _is_release(path: Path, separator: str, *, has_header: bool) -> bool:
    """Return whether a file has the name and the layout of ratings of MovieLens 100k, 1M or 10M."""
    return not has_header and separator == _SEPARATORS.get(_name_in_release(path))


def _name_in_release(ratings: Path) -> str:
    """Return the name of the release's ratings: u.data for a train or test file of 100k."""
    return "u.data" if _PART_OF_100K.fullmatch(ratings.name) else ratings.name


def _descriptions_beside(ratings: Path) -> Iterator[SourceFile]:
    """Yield the movies and users of a MovieLens release without headers."""
    for role, name, separator in _DESCRIPTIONS[_name_in_release(ratings)]:
        path = ratings.parent / name
        if path.is_file():
            check_readable(path)
            yield SourceFile(role, TEXT, str(path), separator, has_header=False)


def _movies_beside(ratings: Path, name: str | None) -> Iterator[SourceFile]:
    if name is not None:
        candidates = (ratings.parent / f"{name}{suffix}" for suffix in ("", *COMPRESSED_SUFFIXES))
        movies = next(filter(Path.is_file, candidates), None)
        if movies is not None:
            check_readable(movies)
            yield _describe_file(movies, "movies", {}).file


class _Description(NamedTuple):
    file: SourceFile
    scale: Scale | None
    """The scale of MovieLens if the file has MovieLens's header."""
    guess: str
    """The guessed columns, written as in COLUMNS; empty if no column was guessed."""


def _describe_file(
    path: Path, role: str, mapping: Mapping[str, str], by_folder: Sequence[str] = ()
) -> _Description:
    """Find the columns of a file.

    ``by_folder``: columns whose values are in the names of the folders around the file.
    """
    file = SourceFile(role, format_of(path), str(path))
    if file.format != TEXT:
        names = [*column_names(file, path), *by_folder]
        columns = columns_of(path, names, role, mapping)
        return _Description(file._replace(columns=columns), None, "")
    layout = layout_of(path, role, [*filter(None, mapping.values())])
    file = file._replace(separator=layout.separator, has_header=layout.has_header)
    if not file.has_header:
        columns = _columns_by_position(path, role, mapping, layout, by_folder)
        is_known = set(REQUIRED) <= mapping.keys() or _is_release(
            path, file.separator, has_header=False
        )
        guess = "" if is_known else columns_text(columns)
        return _Description(file._replace(columns=columns), None, guess)
    names = [*layout.names, *by_folder]
    columns = columns_of(path, names, role, named_by_position(names, mapping), layout.rows)
    is_movielens = file.separator == "," and set(map(str.lower, names)) == _MOVIELENS_HEADER
    return _Description(file._replace(columns=columns), _HALF_STARS if is_movielens else None, "")


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
    is_named = set(REQUIRED) <= mapping.keys()
    is_release = _is_release(path, layout.separator, has_header=False)
    if not is_named and not is_release and (by_folder or not has_usual_order(layout.rows)):
        if is_matrix(layout.rows):
            raise ReelhouseError(table_of_movies(path, len(layout.names)))
        line = printable(layout.separator.join(layout.rows[0])[:80])
        example = guess_columns(names, layout.rows, mapping)
        raise ReelhouseError(
            f"{path} has no header, since its first line is {line!r}, and its columns cannot be"
            f" guessed safely: {name_them(path, REQUIRED, example)}"
        )
    filled = filled_columns(layout.names, layout.rows)
    usual = {} if is_named else dict(zip(_USUAL_ORDER, filled, strict=False))
    return columns_of(path, names, role, {**usual, **mapping})
