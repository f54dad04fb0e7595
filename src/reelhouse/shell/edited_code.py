"""Find Python code that was edited after it was imported, and unload it."""

import sys
import time
from collections.abc import Collection
from pathlib import Path

from reelhouse.paths import ROOT, VENV

_CLOCK = 20_000_000
"""Nanoseconds by which the time of a file may be behind the clock."""


class EditedCode:
    """The files of the modules that this process has imported from the project.

    Modules that were imported before this object was created stay loaded, since the process itself
    runs their code. The others are imported again after an edit of one of them.
    """

    def __init__(self) -> None:
        """Note the modules that stay loaded."""
        self._staying = set(sys.modules)
        self._times: dict[Path, int] = {}
        self._checked_at = time.time_ns()
        self._note_files()

    def edited(self) -> tuple[list[str], list[str]]:
        """Return the names of edited modules: those that stay loaded, and those that need not.

        Call this before each command.
        """
        self._note_files()
        names = [name for name, file in _files().items() if _time_of(file) != self._times[file]]
        staying = sorted(name for name in names if not self._can_be_unloaded(name))
        return staying, sorted(set(names).difference(staying))

    def unload(self) -> None:
        """Unload all modules that need not stay, since they import each other."""
        for name in _files():
            if self._can_be_unloaded(name):
                del sys.modules[name]
                # Otherwise `from package import module` would return the old module.
                package, _, module = name.rpartition(".")
                if package in sys.modules:
                    vars(sys.modules[package]).pop(module, None)
        self._times.clear()
        self._note_files()

    def _can_be_unloaded(self, name: str) -> bool:
        # dbt keeps objects of the plug-in.
        return name not in self._staying and name.split(".")[0] == "reelhouse"

    def _note_files(self) -> None:
        """Note the times of new files; a file that was edited since the last call may be old."""
        for file in _files().values():
            changed_at = _time_of(file)
            is_older = 0 < changed_at < self._checked_at - _CLOCK
            self._times.setdefault(file, changed_at if is_older else 0)
        self._checked_at = time.time_ns()


def names_of(modules: Collection[str]) -> str:
    """Return the names of modules for a message; at most three."""
    shown = sorted(modules)[:3]
    more = len(modules) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _files() -> dict[str, Path]:
    """Return the file of each loaded module of the project."""
    files = {
        name: Path(file)
        for name, module in list(sys.modules.items())
        if isinstance(file := getattr(module, "__file__", None), str)
    }
    return {
        name: file
        for name, file in files.items()
        if file.is_relative_to(ROOT) and not file.is_relative_to(VENV)
    }


def _time_of(file: Path) -> int:
    """Return when a file was changed; -1 for a file that was removed."""
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return -1
