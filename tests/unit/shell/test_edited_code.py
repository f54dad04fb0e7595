"""Modules that were edited after they were imported, in a copy of the project."""

import os
import subprocess
import sys

from tests.unit.copied_project import Project

SCRIPT = """
import os
import sys
import time
from pathlib import Path

import reelhouse.errors
from reelhouse.shell.edited_code import EditedCode

errors, added = Path(reelhouse.errors.__file__), Path(sys.argv[1])


def write(text, ago=1):
    added.write_text(text)
    os.utime(added, (time.time() - ago, time.time() - ago))


write("value = 1", ago=2)
code = EditedCode()
assert code.edited() == ([], [])

import reelhouse.added
assert code.edited() == ([], [])
write("value = 22")
assert code.edited() == ([], ["reelhouse.added"])
code.unload()
from reelhouse import added as imported
assert imported.value == 22
assert sys.modules["reelhouse.errors"] is reelhouse.errors
assert code.edited() == ([], [])

# A command imports a module, which is edited before the command ends.
code.unload()
import reelhouse.added
added.write_text("value = 333")
assert code.edited() == ([], ["reelhouse.added"])

code.unload()
import reelhouse.added
added.unlink()
assert code.edited() == ([], ["reelhouse.added"])

errors.touch()
staying, edited = code.edited()
assert staying == ["reelhouse.errors"]
"""


def test_edited_modules_are_found_and_unloaded(project: Project) -> None:
    source = project.root / "src"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, source / "reelhouse" / "added.py"],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
