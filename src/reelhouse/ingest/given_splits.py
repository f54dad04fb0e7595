"""Recognise train, validation and test files or folders, and numbered folds of them, by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from reelhouse.errors import ReelhouseError, printable
from reelhouse.ingest.formats import PART_SUFFIXES, Split
from reelhouse.ingest.parts import visible_paths
from reelhouse.ingest.text_files import uncompressed_name

GIVEN = "given"
"""The protocol that takes the splits of the source, and its ``split_by``."""
SPLIT_OF_VALUE = {
    "train": "train",
    "training": "train",
    "valid": "validation",
    "validation": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
"""Word in a column of splits → split, as in the macro split_of."""
SPLIT_OF_WORD = {**SPLIT_OF_VALUE, "base": "train"}
"""Word in the name of a file → split.

A column does not have the word ``base``, since the value of a column named set may be a base set.
"""
_SUFFIXES = {*PART_SUFFIXES, ".rating"}
_WORDS = "|".join(SPLIT_OF_WORD)
_LAST = re.compile(rf"(?P<before>|.*[\W_\d])(?P<word>{_WORDS})(?P<after>[\W_]*\d*)")
_FIRST = re.compile(rf"(?P<before>)(?P<word>{_WORDS})(?P<after>[\W_\d].*)")
_INNER = re.compile(rf"(?P<before>.*[\W_\d])(?P<word>{_WORDS})(?P<after>[\W_\d].*)")
_SHARD = re.compile(r"[\W_]\d+[\W_]of[\W_]\d+$")
"""End of a name such as ``train-00000-of-00002``: the file is one of several of the same split."""
Forms = tuple[re.Pattern[str], ...]
MOST_NAMES = 8
"""Number of files that an error message names."""


class _Name(NamedTuple):
    """What the name of a file or folder says."""

    split: str
    rest: str
    """The name without the word of the split and with ``#`` for each number."""
    numbers: tuple[int, ...]
    """The numbers in the rest of the name, which distinguish the folds."""
    is_shard: bool


def find_splits(folder: Path) -> dict[str, Split]:
    """Return the train, validation and test files: path in the folder → split and fold from 0.

    The files are in the folder, as ``train.csv``, or one folder below it, as ``train/part-0.csv``
    or ``fold1/train.csv``. Folds have the same names except for their numbers, such as ``u1.base``
    and ``u2.base``, and are ordered by these numbers. The files of fold 0 come first, and of these
    the train files. If each split has one file or one folder, the names may have any other words
    and numbers. Other files are left out. The result is empty if the folder has no train file or no
    test file.

    Raises:
        ReelhouseError: a fold lacks its train or test file or has two of them, or the files are
            those of different splits of the ratings.
    """
    names = dict(_named_files(folder, (_LAST, _FIRST)))
    if not {"train", "test"} <= {name.split for name in names.values()}:
        names = dict(_named_files(folder, (_LAST, _FIRST, _INNER)))
    if not {"train", "test"} <= {name.split for name in names.values()}:
        return {}
    units = {name if name.is_shard else file for file, name in names.items()}
    if len({name.split for name in names.values()}) == len(units):
        names = {file: name._replace(rest="", numbers=()) for file, name in names.items()}
    folds = sorted({name.numbers for name in names.values()})
    places = {file: (folds.index(name.numbers), name.split) for file, name in names.items()}
    whole = [places[file] for file, name in names.items() if not name.is_shard]
    is_one_split = len({name.rest for name in names.values()}) == 1
    has_both = {(fold, split) for fold in range(len(folds)) for split in ("train", "test")}
    if not is_one_split or len(set(whole)) < len(whole) or not has_both <= set(places.values()):
        raise ReelhouseError(_ambiguous(folder, names))
    order = list(SPLIT_OF_VALUE.values())
    ordered = sorted(places, key=lambda file: (places[file][0], order.index(places[file][1]), file))
    return {file: (places[file][1], places[file][0]) for file in ordered}


def _named_files(folder: Path, forms: Forms) -> Iterator[tuple[str, _Name]]:
    """Yield the files whose name, or whose folder's name, is that of a split.

    All files in a folder of a split are parts of this split.
    """
    for path in visible_paths(folder):
        if path.is_file():
            if name := _parsed(path.name, forms):
                yield path.name, name
            continue
        whole = _parsed(path.name, forms)
        for file in filter(Path.is_file, visible_paths(path)):
            name = (
                whole._replace(is_shard=True)
                if whole
                else _parsed(f"{path.name} {file.name}", forms)
            )
            if name and _is_data(file):
                yield f"{path.name}/{file.name}", name


def _is_data(file: Path) -> bool:
    """Return whether a file has a usual ending of ratings, and is not empty as `_SUCCESS` is."""
    suffix = Path(uncompressed_name(file)).suffix.lower()
    return (suffix in _SUFFIXES or suffix[1:] in SPLIT_OF_WORD) and file.stat().st_size > 0


def _parsed(text: str, forms: Forms) -> _Name | None:
    """Return what the name of a file or folder says about its split; None if it names no split."""
    name = uncompressed_name(Path(text)).lower()
    stem, dot, suffix = name.rpartition(".")
    if dot and dot + suffix in _SUFFIXES:
        name = stem
    elif dot and suffix not in SPLIT_OF_WORD:
        return None
    text = _SHARD.sub("", name)
    match = next(filter(None, (form.fullmatch(text) for form in forms)), None)
    if match is None:
        return None
    rest = re.sub(r"[\W_]+", " ", f"{match['before']} {match['after']}").strip()
    numbers = tuple(map(int, re.findall(r"\d+", rest)))
    split = SPLIT_OF_WORD[match["word"]]
    return _Name(split, re.sub(r"\d+", "#", rest), numbers, text != name)


def _ambiguous(folder: Path, names: Mapping[str, _Name]) -> str:
    listed = [printable(name) for name in list(names)[:MOST_NAMES]]
    more = ", …" if len(names) > MOST_NAMES else ""
    return (
        f"{folder} has files of more than one split ({', '.join(listed)}{more}): leave only one"
        " train file, one test file and at most one validation file in it, or these files for each"
        " fold with its number in their names, as in u1.base and u1.test; or write"
        " COLUMNS='split=', which reads all files as parts of the same ratings"
    )
