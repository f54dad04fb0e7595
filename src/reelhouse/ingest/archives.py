"""Zips of ratings, unpacked: what leaves the folder, is no zip or is a bomb is refused."""

from __future__ import annotations

import lzma
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from reelhouse import terminal_step
from reelhouse.errors import ReelhouseError

MOST_TIMES = 100
"""A file that unpacks to more than this times its size is a bomb: text packs to a tenth."""
SMALL = 100 << 20
"""Below this number of bytes a bomb does no harm."""
DEEPEST = 100
"""Deepest nesting of folders that is unpacked; ratings are at most three deep."""


def unpacked(archive: Path, folder: Path) -> Path:
    """Unpack a zip into ``folder``, which is there only when complete; return it.

    The one folder that a release's zip has at its top is left out.

    Raises:
        ReelhouseError: the zip is broken, encrypted, leads out of the folder, is a bomb, or does
            not fit the disk. Nothing is left.
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
            f"{archive} is no complete zip ({error}): download it again"
        ) from error
    except RuntimeError as error:  # zipfile's word for a password or another method
        raise ReelhouseError(
            f"{archive} cannot be unpacked: {error}. Unpack it yourself and name the folder"
        ) from error
    return folder


def _check(archive: Path, members: list[zipfile.ZipInfo], parent: Path) -> None:
    if not members:
        raise ReelhouseError(f"{archive} is an empty zip")
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise ReelhouseError(
                f"{archive} holds {member.filename!r}, which leads out of its folder: not unpacked"
            )
        if len(path.parts) > DEEPEST:
            raise ReelhouseError(
                f"{archive} holds {len(path.parts) - 1:,} folders in one another, which no ratings"
                " need: not unpacked. Unpack it yourself and name the innermost"
            )
    size = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if size > SMALL and size > MOST_TIMES * packed:
        raise ReelhouseError(
            f"{archive} would unpack {packed:,} bytes to {size:,}, which no ratings do: not"
            " unpacked. If it is what you want, unpack it yourself and name the folder"
        )
    parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(parent).free
    if size > free:
        raise ReelhouseError(f"{archive} unpacks to {size:,} bytes, and {parent} has {free:,} free")
