"""Find a Java that can run Spark 4.1, before anything slow starts. Standard library only."""

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

from reelhouse.errors import ReelhouseError

MINIMUM = 17
_VECTOR_MODULE = "jdk.incubator.vector"
_REMEDY = (
    "Install one: Debian/Ubuntu `sudo apt install openjdk-17-jre-headless` (or -21-), "
    "Fedora `sudo dnf install java-21-openjdk-headless`, "
    "macOS `brew install openjdk@17` and `export JAVA_HOME=$(brew --prefix openjdk@17)`."
)


def find_java() -> Path:
    """Return the `java` that Spark would start: the one in JAVA_HOME, or else the first on PATH.

    Raises:
        ReelhouseError: there is no Java, or Spark cannot run on it.
    """
    java = _locate()
    answer = _run(java, "-version")
    version = re.search(r'version "(?:1\.)?(\d+)', answer.stdout + answer.stderr)
    if answer.returncode != 0 or version is None:
        raise ReelhouseError(f"{java} does not run as a Java {MINIMUM} or newer. {_REMEDY}")
    if int(version[1]) < MINIMUM:
        raise ReelhouseError(
            f"Spark needs Java {MINIMUM} or newer, and {java} is Java {version[1]}. {_REMEDY}"
        )
    # Spark's launcher adds this module. Without this check, a trimmed Java fails much later.
    if _run(java, "--add-modules", _VECTOR_MODULE, "-version").returncode != 0:
        raise ReelhouseError(
            f"{java} is a trimmed Java without the module {_VECTOR_MODULE} that Spark loads. "
            f"{_REMEDY}"
        )
    return java


def check_user() -> None:
    """Refuse a user id without a user name, as containers may have, since Spark needs the name.

    Raises:
        ReelhouseError: the user id has no entry in /etc/passwd.
    """
    try:
        pwd.getpwuid(os.getuid())
    except KeyError as error:
        raise ReelhouseError(
            f"Spark needs the name of its user, and the user id {os.getuid()} has no entry in"
            " /etc/passwd: run as a user that has one, or add a line such as"
            f" reelhouse:x:{os.getuid()}:0::/tmp:/bin/sh"
        ) from error


def _locate() -> Path:
    home = os.environ.get("JAVA_HOME")
    if home:
        java = Path(home) / "bin" / "java"
        if not os.access(java, os.X_OK):
            raise ReelhouseError(
                f"JAVA_HOME is {home}, where there is no bin/java: point it to a Java {MINIMUM} or "
                f"newer, or unset it to use the `java` on PATH."
            )
        return java
    found = shutil.which("java")
    if found is None:
        raise ReelhouseError(f"No Java found, and Spark needs Java {MINIMUM} or newer. {_REMEDY}")
    return Path(found)


def _run(java: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [java, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReelhouseError(f"{java} does not run ({error}). {_REMEDY}") from error
