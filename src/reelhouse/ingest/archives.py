"""Unpack zips of ratings safely: refuse zip bombs, damaged zips, and paths out of the folder."""

from __future__ import annotations

import lzma
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from reelhouse import terminal_step
from reelhouse.errors import ReelhouseError

MAX_EXPANSION = 100
"""A file whose content is larger by more than this factor is a bomb; for text, ten is usual."""
HARMLESS_BYTES = 100 << 20
"""Content of at most this size is unpacked in any case."""
MAX_DEPTH = 100
"""Deepest nesting of folders that is unpacked; ratings are at most three folders deep."""


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a zip into ``folder``; return the folder.

    If all members are in one folder, that folder is left out. ``folder`` is created only when
    everything is unpacked.

    Raises:
        ReelhouseError: the zip is damaged, encrypted or a bomb, does not fit on the disk, or
            has a path out of ``folder``. Nothing is left behind.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            members = [member for member in content.infolist() if not member.is_dir()]
            _check(archive, members, folder.parent)
            with terminal_step.partial_folder(folder.parent) as partial:
                content.extractall(partial / "all", members)
                tops = list((partial / "all").iterdir())
                fresh = tops[0] if len(tops) == 1 and tops[0].is_dir() else partial / "all"
                fresh.replace(folder)
    except (
        *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
        *(EOFError, UnicodeDecodeError),
    ) as error:
        raise ReelhouseError(
            f"{archive} is not a complete zip ({error}): download it again"
        ) from error
    except RuntimeError as error:  # zipfile needs a password, or lacks the method
        raise ReelhouseError(
            f"{archive} cannot be unpacked: {error}. Unpack it yourself and name the folder"
        ) from error
    return folder


def _check(archive: Path, members: list[zipfile.ZipInfo], parent: Path) -> None:
    if not members:
        raise ReelhouseError(f"{archive} is an empty zip: name one with ratings")
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise ReelhouseError(
                f"{archive} holds {member.filename!r}, which is a path outside of the folder:"
                " unpack the files that you need yourself and name their folder"
            )
        if len(path.parts) > MAX_DEPTH:
            raise ReelhouseError(
                f"{archive} has folders nested {len(path.parts) - 1:,} deep, more than"
                f" {MAX_DEPTH}: unpack it yourself and name the innermost folder"
            )
    size = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if size > HARMLESS_BYTES and size > MAX_EXPANSION * packed:
        raise ReelhouseError(
            f"{archive} would unpack {packed:,} bytes to {size:,}, as only a zip bomb does: if you"
            " trust it, unpack it yourself and name the folder"
        )
    parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(parent).free
    if size > free:
        raise ReelhouseError(
            f"{archive} unpacks to {size:,} bytes, and {parent} has {free:,} bytes free: free some"
            " space, or name an unpacked folder on another disk"
        )
