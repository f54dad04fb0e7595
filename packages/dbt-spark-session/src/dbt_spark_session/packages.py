"""Send Python packages of dbt's machine to the executors, whose machines need not have them."""

from __future__ import annotations

import atexit
import hashlib
import importlib.util
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakKeyDictionary

from dbt_common.exceptions import DbtRuntimeError
from pyspark import SparkContext

from dbt_spark_session.java import runs_in_one_process

PACKAGES = "dbt.session.packages"
_PATH = "PYTHONPATH"
_TIME = (1980, 1, 1, 0, 0, 0)
"""The time of all files in an archive, so that equal files make equal archives."""
_sent: WeakKeyDictionary[SparkContext, str] = WeakKeyDictionary()
"""Spark's context → the name of the archive that its executors have."""


def send_packages(context: SparkContext, names: str) -> None:
    """Send packages to the executors, unless these run in Spark's own process on this machine.

    The executors unpack an archive in their working folders, and Python imports from there before
    it looks elsewhere. After the files have changed, they are sent again.

    Args:
        context: Spark's context.
        names: names of packages or modules, with commas or blanks between them.

    Raises:
        DbtRuntimeError: A name cannot be imported.
    """
    if runs_in_one_process(context):
        return
    files = {
        place: file for name in re.split(r"[,\s]+", names) if name for place, file in _files(name)
    }
    archive = f"packages-{_version(files)}"
    if not files or _sent.get(context) == archive:
        return
    folder = Path(tempfile.mkdtemp(prefix="dbt-spark-session-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / f"{archive}.zip"
    _write(path, files)
    context.addArchive(f"{path}#{archive}")
    # Relative to the working folder of an executor; the newest archive comes first.
    others = context.environment.get(_PATH)
    context.environment[_PATH] = f"{archive}:{others}" if others else archive
    _sent[context] = archive


def _write(path: Path, files: dict[str, Path]) -> None:
    """Write the files to an archive, by their places."""
    with zipfile.ZipFile(path, "w") as written:
        for place, file in sorted(files.items()):
            info = zipfile.ZipInfo(place, _TIME)
            written.writestr(info, file.read_bytes(), zipfile.ZIP_DEFLATED)


def _files(name: str) -> Iterator[tuple[str, Path]]:
    """Return the files of a package or module, by their places below a folder of Python's path.

    Those of a name such as ``company.scoring`` include ``company/__init__.py``, without which
    Python cannot import it.
    """
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None or (spec.origin in (None, "built-in") and not spec.submodule_search_locations):
        raise DbtRuntimeError(
            f"{PACKAGES} names '{name}', which the Python of dbt cannot import: install it, or"
            " correct the name"
        )
    parent, _, _ = name.rpartition(".")
    if parent:
        yield from ((place, file) for place, file in _files(parent) if _is_start(place, parent))
    place = name.replace(".", "/")
    if not spec.submodule_search_locations:
        file = Path(str(spec.origin))
        yield f"{place}{''.join(file.suffixes)}", file
    for folder in spec.submodule_search_locations or ():
        for file in sorted(Path(folder).rglob("*")):
            # Code that numba has compiled saves each executor this work. numba uses it only for
            # the same source, version and processor.
            is_cache = file.parent.name == "__pycache__" and file.suffix not in (".nbi", ".nbc")
            if file.is_file() and not is_cache:
                yield f"{place}/{file.relative_to(folder).as_posix()}", file


def _is_start(place: str, package: str) -> bool:
    """Return whether a file is the ``__init__.py`` of a package or of a package around it."""
    folder, _, file = place.rpartition("/")
    return file == "__init__.py" and f"{package}.".startswith(f"{folder.replace('/', '.')}.")


def _version(files: dict[str, Path]) -> str:
    """Return a hash of the files, without those that numba writes while a program runs."""
    digest = hashlib.sha256()
    for place, file in sorted(files.items()):
        if "/__pycache__/" not in place:
            content = file.read_bytes()
            digest.update(f"{place}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]
