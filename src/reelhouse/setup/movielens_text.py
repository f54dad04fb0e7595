"""MovieLens 100k from parquet back to the text files that GroupLens publishes.

Run as ``python -m reelhouse.setup.movielens_text FOLDER OUT``: u.data, u.item and u.user in OUT,
from the tables data, items and users in FOLDER. Set-up calls it in the environment that has
pyarrow.
"""

import sys
from pathlib import Path

import pyarrow.parquet as pq

SEPARATORS = {"data": "\t", "items": "|", "users": "|"}
NAMES = {"data": "u.data", "items": "u.item", "users": "u.user"}


def restore(folder: Path, out: Path) -> None:
    """Write the three text files, ISO-8859-1 and without header, rows in the tables' order."""
    for table, separator in SEPARATORS.items():
        columns = pq.read_table(folder / table).to_pydict().values()
        with (out / NAMES[table]).open("w", encoding="ISO-8859-1", newline="\n") as file:
            for row in zip(*columns, strict=True):
                file.write(separator.join(map(_text, row)) + "\n")


def _text(value: object) -> str:
    # A missing number is NaN in these tables.
    return "" if value is None or value != value else str(value)


if __name__ == "__main__":
    restore(*map(Path, sys.argv[1:]))
