"""What DATA names: which files hold the ratings, movies and users, and in which form.

A folder is recognised by what is in it, not by its name. Needs no Spark, so that a wrong name, file
or column is said before Spark starts.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reelhouse import terminal_step
from reelhouse.errors import ReelhouseError, check_utf8, printable
from reelhouse.ingest.archives import DEEPEST, unpacked
from reelhouse.ingest.columns import (
    check_header,
    check_part,
    column_names,
    columns_of,
    parse_columns,
    separator_of,
)
from reelhouse.ingest.movielens import MD5, release_folder
from reelhouse.ingest.parts import check_no_link, is_partition, partition_columns, parts_of, visible
from reelhouse.ingest.text_files import PACKED, check_lines, unpacked_name
from reelhouse.paths import DATA, ROOT
from reelhouse.project import built_names

DEFAULT = "ml-100k"
TABLE = "table:"
"""Before the name of a table in the lake."""
_TABLE_NAME = re.compile(r"(\w+|`[^`]+`)(\.(\w+|`[^`]+`))*")

ML_100K, ML_DAT, CSV, PARQUET, JSON, LAKE = "ml_100k", "ml_dat", "csv", "parquet", "json", "table"

_SUFFIXES = {
    ".csv": CSV, ".tsv": CSV, ".txt": CSV, ".parquet": PARQUET,
    ".json": JSON, ".jsonl": JSON, ".ndjson": JSON,
}  # fmt: skip
_ML_100K = {"ratings": "u.data", "movies": "u.item", "users": "u.user"}
_ML_DAT = {"ratings": "ratings.dat", "movies": "movies.dat", "users": "users.dat"}
# The releases' own names, and Kaggle's.
_MOVIES = {"ratings.csv": "movies.csv", "rating.csv": "movie.csv"}
_RATINGS = ("u.data", "ratings.dat", *_MOVIES)
_MOVIELENS_CSV = {"userid", "movieid", "rating", "timestamp"}

Scale = tuple[float, float, float]
_HALVES, _WHOLES = (0.5, 5.0, 0.5), (1.0, 5.0, 1.0)


class File(NamedTuple):
    """A file, or a folder of files of one form, and the columns to take from it."""

    role: str
    """``ratings``, ``movies`` or ``users``."""
    form: str
    path: str
    """Absolute; or the name of a table in the lake."""
    separator: str = ""
    columns: Mapping[str, str] = {}
    """Our column → the file's, for the forms that name theirs."""


class Source(NamedTuple):
    """Ratings, and the movies and users that are described beside them."""

    data: str
    """What the lake remembers: a release's name, an absolute path, or ``table:`` and a name."""
    files: tuple[File, ...]
    scale: Scale | None
    """Lowest rating, highest, and step of the MovieLens release that has this form; None if no
    release has it. int_rating_scale decides whether the ratings fit this scale."""

    def file(self, role: str) -> File | None:
        """Return the file of a role."""
        return next((file for file in self.files if file.role == role), None)


def find_source(data: str, columns: str = "") -> Source:
    """Find the ratings that ``data`` names; download or unpack them first if need be.

    Args:
        data: a release (``ml-25m``), a folder, a zip, a file, or ``table:NAME`` in the lake.
        columns: which column is which, ``user_id=a, movie_id=b, rating=c, rated_at=d``; those
            that are not named are recognised by what they are usually called.

    Raises:
        ReelhouseError: says what is wrong with the name, the file or the columns, and what to do.
    """
    mapping = parse_columns(columns)
    if data.startswith(TABLE):
        name = data.removeprefix(TABLE)
        if not name or name.rpartition(".")[2] in built_names():
            raise ReelhouseError(
                f"DATA={data} names no table of yours: {TABLE}NAME is one in the lake that the"
                " build does not make itself"
            )
        if not _TABLE_NAME.fullmatch(name):
            raise ReelhouseError(
                f"DATA={printable(data)} names no table: put backticks around a part of the name"
                " that has more than letters, digits and _, as in DATA='table:`my-orders`'"
            )
        return Source(data, (File("ratings", LAKE, name, columns=mapping),), None)
    identity = identity_of(data)
    path = Path(identity)
    try:
        return _source_at(identity, path, mapping)
    except OSError as error:
        raise _unreadable(Path(error.filename or path), error) from error


def _source_at(identity: str, path: Path, mapping: Mapping[str, str]) -> Source:
    if identity in MD5:
        path = DATA / identity
        if not path.is_dir():
            with terminal_step.step(f"download {identity}"):
                path = release_folder(identity)
    elif not path.exists():
        raise ReelhouseError(
            f"there is no {path}. DATA is a folder, a zip or a file of ratings, table:NAME for a"
            f" table in the lake, or a release: {', '.join(MD5)}"
        )
    elif path.suffix.lower() == ".zip" and not path.is_dir():
        return _source_in_zip(identity, path, mapping)
    return _checked(identity, path, mapping)


def _checked(identity: str, path: Path, mapping: Mapping[str, str]) -> Source:
    """Find the files at a path, and refuse files that Spark would fail on."""
    source = Source(identity, *(_in_folder if path.is_dir() else _named)(path, mapping))
    for file in source.files:
        for part in parts_of(Path(file.path)) if file.form != PARQUET else ():
            check_lines(part)
    return source


def identity_of(data: str) -> str:
    """Return what the lake remembers of ``data``: one text for all ways of naming the same."""
    check_utf8(data, "DATA is", "rename the file or folder")
    if data in MD5 or data.startswith(TABLE):
        return data
    try:
        # Not resolve(): the name of a symbolic link says more than that of what it leads to.
        path = Path(os.path.abspath(ROOT / Path(data).expanduser()))  # noqa: PTH100
    except (RuntimeError, ValueError) as error:
        raise ReelhouseError(f"DATA={data!r} is no path: {error}") from error
    return path.name if path.parent == DATA and path.name in MD5 else str(path)


def _unreadable(path: Path, error: OSError) -> ReelhouseError:
    return ReelhouseError(
        f"{path} cannot be read: {error.strerror}. Give yourself the right, or name another file"
    )


def _source_in_zip(identity: str, archive: Path, mapping: Mapping[str, str]) -> Source:
    """Find the ratings in a zip, which is unpacked once; one that is refused is not kept."""
    _check_readable(archive)
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    folder = DATA / f"{archive.stem.lstrip('.')}-{digest}"
    if folder.is_dir():
        return _checked(identity, folder, mapping)
    with terminal_step.step(f"unpack {archive.name}"):
        is_new = not folder.is_dir()  # else another process had the lock
        if is_new:
            unpacked(archive, folder)
    try:
        return _checked(identity, folder, mapping)
    except ReelhouseError as error:
        if is_new:
            shutil.rmtree(folder)
        raise ReelhouseError(str(error).replace(str(folder), str(archive))) from error


def _in_folder(folder: Path, mapping: Mapping[str, str]) -> tuple[tuple[File, ...], Scale | None]:
    outer = folder
    for _ in range(DEEPEST):
        _check_readable(folder)
        if (folder / "_delta_log").is_dir():
            raise ReelhouseError(
                f"{folder} is a Delta table, whose files may be out of date: write its rows to"
                " Parquet files elsewhere and name these"
            )
        found = [
            path
            for name in _RATINGS
            for packed in ("", *(PACKED if name in _MOVIES else ()))
            for path in [folder / f"{name}{packed}"]
            if path.is_file()
        ]
        if len(found) > 1:
            raise ReelhouseError(
                f"{folder} holds several ratings: {', '.join(path.name for path in found)}."
                " Name one of the files"
            )
        if found:
            return _named(found[0], mapping)
        inner = visible(folder)
        if len(inner) != 1 or is_partition(inner[0]):
            return _in_parts(folder, mapping)
        check_no_link(inner[0])
        if not inner[0].is_dir():
            return _named(inner[0], mapping)
        folder = inner[0]
    raise ReelhouseError(f"{outer} holds {DEEPEST} folders in one another: name the innermost")


def _in_parts(folder: Path, mapping: Mapping[str, str]) -> tuple[tuple[File, ...], Scale | None]:
    others = [path for path in visible(folder) if path.is_dir() and not is_partition(path)]
    parts = [] if others else parts_of(folder)
    forms = {_form_of(part) for part in parts}
    if len(forms) != 1 or None in forms:
        raise ReelhouseError(
            f"{folder} holds no ratings that are known by their name: {', '.join(_RATINGS)}. "
            "Name the file itself, if there is one"
        )
    by_folder = partition_columns(folder, parts)
    for part in parts:
        _check_readable(part)
    ratings, scale = _described(parts[0], "ratings", mapping, by_folder)
    for part in parts[1:]:
        check_part(part, parts[0], ratings, by_folder)
    return (ratings._replace(path=str(folder)),), scale


def _named(path: Path, mapping: Mapping[str, str]) -> tuple[tuple[File, ...], Scale | None]:
    _check_readable(path)
    folder = path.parent
    if mapping and path.name in ("u.data", "ratings.dat"):
        raise ReelhouseError(f"COLUMNS says nothing of {path}, whose columns have no names")
    match path.name:
        case "u.data":
            files = [File(role, ML_100K, str(folder / name)) for role, name in _ML_100K.items()]
            return tuple(_there(files)), _WHOLES
        case "ratings.dat":
            files = [File(role, ML_DAT, str(folder / name)) for role, name in _ML_DAT.items()]
            there = tuple(_there(files))
            return there, _WHOLES if len(there) == len(_ML_DAT) else _HALVES
    ratings, scale = _described(path, "ratings", mapping)
    files = [ratings]
    name = unpacked_name(path)
    if name in _MOVIES:
        beside = (folder / f"{_MOVIES[name]}{packed}" for packed in ("", *PACKED))
        movies = next(filter(Path.is_file, beside), None)
        if movies is not None:
            _check_readable(movies)
            files.append(_described(movies, "movies", {})[0])
    return tuple(files), scale


def _there(files: list[File]) -> Iterator[File]:
    """The files of a release that are there; which have to be read as they are."""
    for file in files:
        if Path(file.path).is_file():
            _check_readable(Path(file.path))
            yield file


def _described(
    path: Path, role: str, mapping: Mapping[str, str], by_folder: Sequence[str] = ()
) -> tuple[File, Scale | None]:
    """Find the columns of a file, and the scale if its header is that of MovieLens's CSV.

    ``by_folder`` are columns that the names of the folders around the file give.
    """
    form = _form_of(path)
    if form is None:
        raise ReelhouseError(
            f"{path} has no known form: a ratings file ends in {', '.join(_SUFFIXES)} or is"
            f" MovieLens's u.data or ratings.dat"
        )
    separator = separator_of(path) if form == CSV else ""
    names = [*column_names(path, form, separator), *by_folder]
    try:
        columns = columns_of(path, names, role, mapping)
    except ReelhouseError:
        if form == CSV and not set(filter(None, mapping.values())).intersection(names):
            check_header(path, names, role)
        raise
    is_movielens = separator == "," and {name.lower() for name in names} == _MOVIELENS_CSV
    return File(role, form, str(path), separator, columns), _HALVES if is_movielens else None


def _form_of(path: Path) -> str | None:
    return _SUFFIXES.get(Path(unpacked_name(path).lower()).suffix)


def _check_readable(path: Path) -> None:
    check_utf8(str(path), "the path is", "rename the file or folder")
    try:
        if path.is_dir():
            next(path.iterdir(), None)
            return
        if not path.is_file():  # a pipe would be waited for
            raise ReelhouseError(f"{path} is no file")
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise _unreadable(path, error) from error
    if not start:
        raise ReelhouseError(f"{path} is empty")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReelhouseError(
            f"{path} is UTF-16: convert it first (iconv -f UTF-16 -t UTF-8 {path.name})"
        )
