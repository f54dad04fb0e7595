"""Find the ratings, movies and users in a folder or beside a file, by their names and headers.

The name of the folder does not matter. The movies of a CSV file of ratings, and the movies and
users of a MovieLens release, are in the same folder as the ratings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reelhouse.errors import ReelhouseError, check_utf8
from reelhouse.ingest.archives import MAX_DEPTH
from reelhouse.ingest.columns import (
    check_header,
    check_part,
    column_names,
    columns_of,
)
from reelhouse.ingest.formats import (
    CSV,
    FORMAT_OF_SUFFIX,
    ML_100K,
    ML_DAT,
    RatingsSource,
    Scale,
    SourceFile,
    format_of,
)
from reelhouse.ingest.parts import (
    check_no_link,
    is_partition,
    partition_columns,
    parts_of,
    visible_paths,
)
from reelhouse.ingest.text_files import COMPRESSED_SUFFIXES, separator_of, uncompressed_name

_ML_100K = {"ratings": "u.data", "movies": "u.item", "users": "u.user"}
_ML_DAT = {"ratings": "ratings.dat", "movies": "movies.dat", "users": "users.dat"}
_MOVIES = {"ratings.csv": "movies.csv", "rating.csv": "movie.csv"}
"""CSV file of ratings → CSV file of movies, as GroupLens and as Kaggle name them."""
_RATINGS = ("u.data", "ratings.dat", *_MOVIES)
_MOVIELENS_HEADER = {"userid", "movieid", "rating", "timestamp"}
_HALF_STARS: Scale = (0.5, 5.0, 0.5)
_WHOLE_STARS: Scale = (1.0, 5.0, 1.0)


def source_of_folder(data: str, folder: Path, mapping: Mapping[str, str]) -> RatingsSource:
    """Find the ratings in a folder; a folder with one entry is searched in its place.

    Args:
        data: the identity of the source.
        folder: a folder with ratings of a known name, with one file, or with part files.
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
        found = [
            path
            for name in _RATINGS
            for suffix in ("", *(COMPRESSED_SUFFIXES if name in _MOVIES else ()))
            for path in [folder / f"{name}{suffix}"]
            if path.is_file()
        ]
        if len(found) > 1:
            raise ReelhouseError(
                f"{folder} holds several ratings: {', '.join(path.name for path in found)}."
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
    folder = path.parent
    if mapping and path.name in ("u.data", "ratings.dat"):
        raise ReelhouseError(
            f"COLUMNS does not apply to {path}, whose columns have no names: leave COLUMNS out"
        )
    if path.name == "u.data":
        return RatingsSource(data, tuple(_existing_files(folder, ML_100K, _ML_100K)), _WHOLE_STARS)
    if path.name == "ratings.dat":
        files = tuple(_existing_files(folder, ML_DAT, _ML_DAT))
        has_users = len(files) == len(_ML_DAT)  # the 1M release; the 10M release has none
        return RatingsSource(data, files, _WHOLE_STARS if has_users else _HALF_STARS)
    ratings, scale = _describe_file(path, "ratings", mapping)
    return RatingsSource(data, (ratings, *_movies_beside(path)), scale)


def check_readable(path: Path) -> None:
    """Refuse a folder or file that cannot be read, an empty file, and text in UTF-16.

    Raises:
        ReelhouseError: names the path, and the remedy.
    """
    check_utf8(str(path), "the path is", "rename the file or folder")
    try:
        if path.is_dir():
            next(path.iterdir(), None)
            return
        if not path.is_file():  # reading a pipe would wait for its writer
            raise ReelhouseError(f"{path} is not a file: name a file or a folder")
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise unreadable(path, error) from error
    if not start:
        raise ReelhouseError(f"{path} is empty: name a file with ratings")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReelhouseError(
            f"{path} is UTF-16: convert it first (iconv -f UTF-16 -t UTF-8 {path.name})"
        )


def unreadable(path: Path, error: OSError) -> ReelhouseError:
    """Return the error for a path that the system does not read."""
    return ReelhouseError(
        f"{path} cannot be read: {error.strerror}. Give yourself permission, or name another file"
    )


def _source_of_parts(data: str, folder: Path, mapping: Mapping[str, str]) -> RatingsSource:
    folders = [path for path in visible_paths(folder) if path.is_dir() and not is_partition(path)]
    parts = [] if folders else parts_of(folder)
    formats = {format_of(part) for part in parts}
    if len(formats) != 1 or None in formats:
        raise ReelhouseError(
            f"{folder} holds no ratings file with a known name ({', '.join(_RATINGS)}). If a"
            " file with another name has the ratings, name this file"
        )
    by_folder = partition_columns(folder, parts)
    for part in parts:
        check_readable(part)
    ratings, scale = _describe_file(parts[0], "ratings", mapping, by_folder)
    for part in parts[1:]:
        check_part(part, parts[0], ratings, by_folder)
    return RatingsSource(data, (ratings._replace(path=str(folder)),), scale)


def _existing_files(folder: Path, format: str, names: Mapping[str, str]) -> Iterator[SourceFile]:
    """Yield the files of a MovieLens release that exist; ``names``: role → file name."""
    for role, name in names.items():
        if (folder / name).is_file():
            check_readable(folder / name)
            yield SourceFile(role, format, str(folder / name))


def _movies_beside(ratings: Path) -> Iterator[SourceFile]:
    name = _MOVIES.get(uncompressed_name(ratings))
    if name is not None:
        candidates = (ratings.parent / f"{name}{suffix}" for suffix in ("", *COMPRESSED_SUFFIXES))
        movies = next(filter(Path.is_file, candidates), None)
        if movies is not None:
            check_readable(movies)
            yield _describe_file(movies, "movies", {})[0]


def _describe_file(
    path: Path, role: str, mapping: Mapping[str, str], by_folder: Sequence[str] = ()
) -> tuple[SourceFile, Scale | None]:
    """Find the columns of a file; return also the scale of MovieLens if it has MovieLens's header.

    ``by_folder``: columns whose values are in the names of the folders around the file.
    """
    format = format_of(path)
    if format is None:
        raise ReelhouseError(
            f"{path} has no known format: name a file that ends in {', '.join(FORMAT_OF_SUFFIX)},"
            " or MovieLens's u.data or ratings.dat"
        )
    separator = separator_of(path) if format == CSV else ""
    names = [*column_names(path, format, separator), *by_folder]
    try:
        columns = columns_of(path, names, role, mapping)
    except ReelhouseError:
        if format == CSV and not set(filter(None, mapping.values())).intersection(names):
            check_header(path, names, role)
        raise
    is_movielens = separator == "," and {name.lower() for name in names} == _MOVIELENS_HEADER
    file = SourceFile(role, format, str(path), separator, columns)
    return file, _HALF_STARS if is_movielens else None
