"""Rows of a table as arrays, so that a server finds the rows of one key in mapped files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
KEY = "key"
_ENDS = ".ends"


def arrays_of_rows(rows: pa.Table, key: str) -> Arrays:
    """Return the columns of a table as arrays.

    A column of texts becomes two arrays: the bytes of all texts, and where each text ends (rows,).

    Parameters
    ----------
    rows
        A table in ascending order of the column ``key``. Its other columns have numbers or texts. A
        missing number is NaN, and a missing text is empty.
    key
        A column of whole numbers.
    """
    arrays: Arrays = {KEY: rows[key].to_numpy()}
    for name in rows.column_names:
        column = rows[name].combine_chunks()
        if name == key:
            continue
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            encoded = [text.encode() for text in column.fill_null("").to_pylist()]
            arrays[name] = np.frombuffer(b"".join(encoded), np.uint8)
            arrays[name + _ENDS] = np.cumsum([len(text) for text in encoded], dtype=np.int64)
        else:
            arrays[name] = column.to_numpy(zero_copy_only=False)
    return arrays


def rows_of_key(arrays: Mapping[str, NDArray[Any]], key: int) -> list[dict[str, Any]]:
    """Return the rows of a key in the order of the table, with columns in alphabetical order.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from reelhouse.serve.stored_rows import arrays_of_rows, rows_of_key
    >>> rows = pa.table({"user_id": [7, 8, 8], "title": ["Heat", "Alien", None]})
    >>> rows_of_key(arrays_of_rows(rows, "user_id"), 8)
    [{'title': 'Alien'}, {'title': None}]
    """
    first, last = np.searchsorted(arrays[KEY], [key, key + 1]).tolist()
    columns = {
        name: _values(arrays, name, first, last)
        for name in sorted(arrays)
        if name != KEY and not name.endswith(_ENDS)
    }
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _values(
    arrays: Mapping[str, NDArray[Any]], name: str, first: int, last: int
) -> list[int | float | str | None]:
    ends = arrays.get(name + _ENDS)
    if ends is None:
        values = arrays[name][first:last].tolist()
        return [None if value != value else value for value in values]
    start = int(ends[first - 1]) if first else 0
    texts: list[int | float | str | None] = []
    for end in ends[first:last].tolist():
        texts.append(bytes(arrays[name][start:end]).decode() or None)
        start = end
    return texts
