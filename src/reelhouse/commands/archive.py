"""`reelhouse archive`: pack the Python packages that the nodes of a cluster need."""

import sys
import tarfile
from importlib.metadata import distribution
from io import BytesIO
from pathlib import Path

from reelhouse.paths import TARGET, shown

ARCHIVE = TARGET / "environment.tar.gz"
PACKAGES = (
    *("llvmlite", "numba", "numpy", "pandas", "pyarrow", "python-dateutil", "pyyaml", "scipy"),
    *("six", "threadpoolctl"),
)
"""Packages that functions in Spark's executors import. Spark itself brings pyspark."""
_FASTEST = 1
"""Compression of gzip; better ones take minutes and save little."""


def write_archive() -> None:
    """Write target/environment.tar.gz, a virtual environment with the packages of this one.

    The nodes need the same system, processor and Python, at the same path: the environment has a
    link to the Python from which it was made. It does not have Reelhouse, which dbt_spark_session
    sends.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    ARCHIVE.parent.mkdir(exist_ok=True)
    draft = ARCHIVE.with_name(f"{ARCHIVE.name}.new")
    # The files may be links to those of a cache, which the nodes lack.
    with tarfile.open(draft, "w:gz", compresslevel=_FASTEST, dereference=True) as archive:
        _add_text(
            archive, "pyvenv.cfg", f"home = {base.parent}\ninclude-system-site-packages = false\n"
        )
        for name in ("python", "python3", version):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, str(base)
            archive.addfile(link)
        for package in PACKAGES:
            for file in distribution(package).files or ():
                # Programs and tests are left out, and compiled modules, which Python makes again.
                if not {"..", "tests"} & {*file.parts} and file.suffix != ".pyc":
                    archive.add(file.locate(), f"lib/{version}/site-packages/{file}")
    draft.replace(ARCHIVE)
    size = ARCHIVE.stat().st_size / 1e6
    print(f"written: {shown(ARCHIVE)} ({size:.0f} MB), for REELHOUSE_WORKER_ARCHIVE")


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(text.encode())
    archive.addfile(info, BytesIO(text.encode()))
