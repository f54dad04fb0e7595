"""Restore the text files of MovieLens 100k, as GroupLens publishes them, from Parquet tables.

``python -m reelhouse.setup.movielens_text FOLDER OUT`` reads the tables data, items and users in
FOLDER and writes u.data, u.item and u.user to OUT. Set-up runs this module with the Python of
.venv, which has pyarrow.
"""

import sys
from pathlib import Path

import pyarrow.parquet as pq

SEPARATORS = {"data": "\t", "items": "|", "users": "|"}
NAMES = {"data": "u.data", "items": "u.item", "users": "u.user"}


def restore(folder: Path, out: Path) -> None:
    """Write the three text files in ISO-8859-1, without headers, with the rows in table order."""
    for table, separator in SEPARATORS.items():
        columns = pq.read_table(folder / table).to_pydict().values()
        with (out / NAMES[table]).open("w", encoding="ISO-8859-1", newline="\n") as file:
            for row in zip(*columns, strict=True):
                file.write(separator.join(map(_text, row)) + "\n")


def _text(value: object) -> str:
    # These tables have NaN for a missing number.
    return "" if value is None or value != value else str(value)


if __name__ == "__main__":
    restore(*map(Path, sys.argv[1:]))
