"""Check the first values of ratings without Spark, so that a build refuses them in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from reelhouse.errors import ReelhouseError, printable
from reelhouse.ingest.column_names import column_names
from reelhouse.ingest.csv_layouts import fields_or_none, rows_of, uneven_lines
from reelhouse.ingest.formats import JSON, PARQUET, TEXT, SourceFile
from reelhouse.ingest.json_lines import objects_of
from reelhouse.ingest.missing_codes import check_codes, limit_above
from reelhouse.ingest.missing_words import is_missing, missing_texts
from reelhouse.ingest.number_forms import how_to_write, is_number
from reelhouse.ingest.parts import files_of
from reelhouse.ingest.text_files import SAMPLED_LINES, damaged, open_uncompressed
from reelhouse.ingest.times import check_times
from reelhouse.ingest.usual_names import OPTIONAL, REQUIRED
from reelhouse.project import Vars, project_vars

WHOLE_SHARE = 0.6
"""Share of the lines that must have as many fields as the first line."""


def check_values(file: SourceFile) -> None:
    """Refuse a column if a build would reject most of its first values.

    Raises:
        ReelhouseError: the first values of a column are refused. The message says how to declare
            them, or how to leave the column out.
    """
    path, variables = Path(file.path), project_vars()
    if file.format == TEXT and not file.has_line_breaks:
        _check_fields(files_of(file)[0], file)
    for ours in REQUIRED:
        _check_missing(path, ours, _first_values(file, ours), variables)
    ratings = _first_values(file, "rating")
    strengths = _first_values(file, "strength")
    if present := _present(ratings):
        _check_ratings(path, present, variables)
        _check_missing(path, "rating", ratings, variables)
    elif present := _present(strengths):
        _check_strengths(path, present)
        _check_missing(path, "strength", strengths, variables)
    check_times(path, column_values(file, "rated_at"))
    _check_missing(path, "rated_at", _first_values(file, "rated_at"), variables)


def check_pairs(file: SourceFile) -> None:
    """Refuse a file without rows, and a short file with one user or one movie.

    Raises:
        ReelhouseError: the file is refused.
    """
    values = {ours: _first_values(file, ours) for ours in file.columns}
    if not any(values.values()):
        raise no_ratings(file.path)
    for ours in REQUIRED:
        if len(values[ours]) < SAMPLED_LINES and len(set(values[ours])) == 1:
            raise same_everywhere(file.path, ours)


def no_ratings(path: str) -> ReelhouseError:
    """Return the error for a source without rows."""
    return ReelhouseError(f"{path} has no ratings: name another source")


def same_everywhere(path: str, column: str) -> ReelhouseError:
    """Return the error for a source with one user or one movie."""
    return ReelhouseError(
        f"{path} has the same {column} in every rating, and recommendations need two users and two"
        " movies: name another column in COLUMNS, or another file"
    )


def _first_values(file: SourceFile, ours: str) -> list[str]:
    return list(islice(column_values(file, ours), SAMPLED_LINES))


def column_values(file: SourceFile, ours: str) -> Iterator[str]:
    """Yield the texts of a column, part after part, without malformed lines.

    Nothing is yielded for a column that the file does not have, or that is in names of folders.
    """
    theirs = file.columns.get(ours)
    for part in files_of(file) if theirs is not None else ():
        names = column_names(file, part)
        if theirs not in names:
            continue
        if file.format == PARQUET:
            yield from _parquet_values(part, theirs)
        elif file.format == JSON:
            yield from (_text(part, theirs, row.get(theirs)) for row in objects_of(_lines(part)))
        else:
            place = names.index(theirs)
            rows: Iterable[list[str] | None] = rows_of(_lines(part), file.separator)
            if not file.has_line_breaks:
                rows = (fields_or_none(line, file.separator) for line in _lines(part))
            for fields in islice(rows, int(file.has_header), None):
                if fields and len(fields) == len(names):
                    yield fields[place]


def _lines(part: Path) -> Iterator[str]:
    with open_uncompressed(part) as lines:
        for number, line in enumerate(lines):
            text = line.decode(errors="replace").rstrip("\r\n")
            yield text if number else text.removeprefix("\ufeff")


def _check_fields(part: Path, file: SourceFile) -> None:
    """Refuse text in which many lines have more or fewer fields than the first line."""
    lines = (fields_or_none(line, file.separator) for line in islice(_lines(part), SAMPLED_LINES))
    first, *others = filter(None, lines)
    if sum(len(fields) == len(first) for fields in others) < WHOLE_SHARE * len(others):
        raise ReelhouseError(uneven_lines(part, first, others))


def _parquet_values(part: Path, name: str) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(part) as content:
            for batch in content.iter_batches(SAMPLED_LINES, columns=[name]):
                yield from (_text(part, name, value) for value in batch.column(0).to_pylist())
    except (pa.ArrowException, OSError) as error:
        raise damaged(part, error) from error


def _text(part: Path, name: str, value: Any) -> str:
    if isinstance(value, (list, dict)):
        raise ReelhouseError(
            f"{part} has a list or an object in the column {printable(name)}: write one rating per"
            " row, with a number or a text in each column"
        )
    return "" if value is None else str(value)


def _check_missing(path: Path, ours: str, values: Sequence[str], variables: Vars) -> None:
    """Refuse a column in which a larger share of values is missing than a build may reject."""
    missing = len(values) - len(_present(values))
    if missing <= variables["rejected_share_limit"] * len(values):
        return
    remedy = f"COLUMNS='{ours}=…' names another column"
    if ours in OPTIONAL:
        remedy += f", COLUMNS='{ours}=' leaves it out"
    if missing < len(values):
        limit = f"rejected_share_limit: {limit_above(missing / len(values)):g}"
        remedy += f", and {limit} in dbt_project.yml builds the lake without these rows"
    raise ReelhouseError(
        f"{path} has no {ours} in {missing / len(values):.0%} of the first {len(values):,} rows:"
        f" {remedy}"
    )


def _present(values: Sequence[str]) -> list[str]:
    missing = missing_texts()
    return [value for value in values if not is_missing(value, missing)]


def _check_ratings(path: Path, ratings: Sequence[str], variables: Vars) -> None:
    """Refuse ratings that are mostly no numbers, or that have a code for a missing rating."""
    others = [rating for rating in ratings if not is_number(rating)]
    if 2 * len(others) > len(ratings):
        remedy = how_to_write(others) or (
            "write them as numbers, or name another column in COLUMNS='rating=…';"
            " COLUMNS='rating=' takes each row as an event without a rating"
        )
        raise ReelhouseError(f"{path} has ratings such as {_shown(others[0])}: {remedy}")
    if variables["rating_min"] is None and variables["rating_max"] is None:
        numbers = [float(rating) for rating in ratings if is_number(rating)]
        check_codes(path, numbers, variables["rejected_share_limit"])


def _check_strengths(path: Path, strengths: Sequence[str]) -> None:
    """Refuse strengths of which most are not above 0."""
    others = [text for text in strengths if not is_number(text) or float(text) <= 0]
    if 2 * len(others) > len(strengths):
        remedy = how_to_write(others) or (
            "COLUMNS='strength=…' names another column, and COLUMNS='strength=' counts every event"
            " once"
        )
        raise ReelhouseError(
            f"{path} has strengths such as {_shown(others[0])}, and a strength is a number above 0:"
            f" {remedy}"
        )


def _shown(text: str) -> str:
    return repr(printable(text[:40]))
