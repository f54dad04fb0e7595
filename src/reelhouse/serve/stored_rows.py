"""Lists of a table as JSON in arrays, so that a server finds a list in mapped files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
KEY, JSON, STARTS = "key", "json", "starts"


def arrays_of_lists(keys: NDArray[Any], lists: pa.ChunkedArray) -> Arrays:
    """Return lists as arrays: ``key`` (n,), the bytes of all lists, and where each starts (n + 1,).

    Parameters
    ----------
    keys
        Whole numbers (n,) in ascending order, each once.
    lists
        The list of each key, as a text in JSON.
    """
    texts = lists.cast(pa.large_string()).combine_chunks()
    if not len(texts):
        return {KEY: keys, JSON: np.zeros(0, np.uint8), STARTS: np.zeros(1, int)}
    _, offsets, content = texts.buffers()
    starts = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    encoded = np.frombuffer(content, np.uint8)[starts[0] : starts[-1]]
    return {KEY: keys, JSON: encoded, STARTS: starts - starts[0]}


def json_of_key(arrays: Mapping[str, NDArray[Any]], key: int) -> bytes:
    """Return the list of a key in JSON, or nothing if there is no list of the key.

    Examples
    --------
    >>> import numpy as np
    >>> import pyarrow as pa
    >>> from reelhouse.serve.stored_rows import arrays_of_lists, json_of_key
    >>> keys, lists = np.array([7, 9]), pa.chunked_array([['[{"rank":1}]', "[]"]])
    >>> json_of_key(arrays_of_lists(keys, lists), 7)
    b'[{"rank":1}]'
    >>> json_of_key(arrays_of_lists(keys, lists), 8)
    b''
    """
    keys, starts = arrays[KEY], arrays[STARTS]
    # A key beyond the largest number of the array would change its type.
    if not len(keys) or not keys[0] <= key <= keys[-1]:
        return b""
    position = int(keys.searchsorted(key))
    if keys[position] != key:
        return b""
    return arrays[JSON][starts[position] : starts[position + 1]].tobytes()
