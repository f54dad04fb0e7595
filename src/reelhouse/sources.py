"""What DATA names: which files hold the ratings, movies and users, and in which form.

A folder is recognised by what is in it, not by its name. Needs no Spark, so that a wrong name, file
or column is said before Spark starts.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from reelhouse import steps
from reelhouse.archives import unpacked
from reelhouse.errors import ReelhouseError
from reelhouse.headers import (
    PACKED,
    check_part,
    column_names,
    columns_of,
    parse_columns,
    separator_of,
    unpacked_name,
)
from reelhouse.paths import DATA, ROOT
from reelhouse.releases import MD5, release_folder

DEFAULT = "ml-100k"
TABLE = "table:"
"""Before the name of a table in the lake."""

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
    """Lowest rating, highest, and step; None when only the ratings say."""

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
        made = {path.stem for path in ROOT.glob("*models/**/*.yml")}
        if not name or name.rpartition(".")[2] in made:
            raise ReelhouseError(
                f"DATA={data} names no table of yours: {TABLE}NAME is one in the lake that the"
                " build does not make itself"
            )
        return Source(data, (File("ratings", LAKE, name, columns=mapping),), None)
    identity = identity_of(data)
    path = Path(identity)
    if identity in MD5:
        path = DATA / identity
        if not path.is_dir():
            with steps.step(f"download {identity}"):
                path = release_folder(identity)
    elif not _exists(path):
        raise ReelhouseError(
            f"there is no {path}. DATA is a folder, a zip or a file of ratings, table:NAME for a"
            f" table in the lake, or a release: {', '.join(MD5)}"
        )
    elif path.suffix.lower() == ".zip" and not path.is_dir():
        path = _unpacked_once(path)
    if path.is_dir():
        files, scale = _in_folder(path, mapping)
    else:
        files, scale = _named(path, mapping)
    return Source(identity, files, scale)


def identity_of(data: str) -> str:
    """Return what the lake remembers of ``data``: one text for all ways of naming the same."""
    if data in MD5 or data.startswith(TABLE):
        return data
    try:
        # Not resolve(): the name of a symbolic link says more than that of what it leads to.
        path = Path(os.path.abspath(ROOT / Path(data).expanduser()))  # noqa: PTH100
    except (RuntimeError, ValueError) as error:
        raise ReelhouseError(f"DATA={data!r} is no path: {error}") from error
    return path.name if path.parent == DATA and path.name in MD5 else str(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> ReelhouseError:
    return ReelhouseError(
        f"{path} cannot be read: {error.strerror}. Give yourself the right, or name another file"
    )


def _unpacked_once(archive: Path) -> Path:
    _check_readable(archive)
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    folder = DATA / f"{archive.stem.lstrip('.')}-{digest}"
    if not folder.is_dir():
        with steps.step(f"unpack {archive.name}"):
            if not folder.is_dir():  # another process had the lock
                unpacked(archive, folder)
    return folder


def _in_folder(folder: Path, mapping: Mapping[str, str]) -> tuple[tuple[File, ...], Scale | None]:
    _check_readable(folder)
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
    inner = [path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "_"))]
    if len(inner) == 1:
        only = inner[0]
        if only.is_dir() and only.is_symlink():  # which may lead back
            raise ReelhouseError(f"{only} is a link to a folder: name that folder")
        return _in_folder(only, mapping) if only.is_dir() else _named(only, mapping)
    parts = [path for path in inner if path.is_file() and _form_of(path)]
    if len({_form_of(path) for path in parts}) == 1 and len(parts) == len(inner):
        ratings = _described(parts[0], "ratings", mapping)
        for part in parts[1:]:
            _check_readable(part)
            check_part(part, parts[0], ratings)
        return (ratings._replace(path=str(folder)),), _scale_of(ratings, parts[0])
    raise ReelhouseError(
        f"{folder} holds no ratings that are known by their name: {', '.join(_RATINGS)}. "
        "Name the file itself, if there is one"
    )


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
    ratings = _described(path, "ratings", mapping)
    files = [ratings]
    name = unpacked_name(path)
    if name in _MOVIES:
        beside = (folder / f"{_MOVIES[name]}{packed}" for packed in ("", *PACKED))
        movies = next(filter(Path.is_file, beside), None)
        if movies is not None:
            _check_readable(movies)
            files.append(_described(movies, "movies", {}))
    return tuple(files), _scale_of(ratings, path)


def _there(files: list[File]) -> Iterator[File]:
    """The files of a release that are there; which have to be read as they are."""
    for file in files:
        if Path(file.path).is_file():
            _check_readable(Path(file.path))
            yield file


def _described(path: Path, role: str, mapping: Mapping[str, str]) -> File:
    form = _form_of(path)
    if form is None:
        raise ReelhouseError(
            f"{path} has no known form: a ratings file ends in {', '.join(_SUFFIXES)} or is"
            f" MovieLens's u.data or ratings.dat"
        )
    separator = separator_of(path) if form == CSV else ""
    names = column_names(path, form, separator)
    return File(role, form, str(path), separator, columns_of(path, names, role, mapping))


def _form_of(path: Path) -> str | None:
    return _SUFFIXES.get(Path(unpacked_name(path).lower()).suffix)


def _scale_of(ratings: File, path: Path) -> Scale | None:
    """The scale of a MovieLens CSV, which its header shows; of others the ratings have to tell."""
    if ratings.form != CSV or ratings.separator != ",":
        return None
    names = {name.lower() for name in column_names(path, CSV, ",")}
    return _HALVES if names == _MOVIELENS_CSV else None


def _check_readable(path: Path) -> None:
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
