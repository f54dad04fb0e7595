"""Run a slow step, such as a download: one line on the terminal, and details in logs/setup.log."""

import errno
import fcntl
import hashlib
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from reelhouse.errors import ReelhouseError
from reelhouse.paths import LOGS, ROOT, shown

_AGAIN = "then run `make setup` again"
_NO_SPACE = f"the disk is full: set-up needs about 2 GB below {ROOT}; free some space, {_AGAIN}"
_CAUSES = (
    (r"No space left on device|File too large|Unable to write to shared archive", _NO_SPACE),
    (
        r"ensurepip is not available|No module named ensurepip",
        f"Python's venv module is incomplete: on Debian/Ubuntu `sudo apt install python3-venv`, "
        f"{_AGAIN}",
    ),
    (
        r"DO NOT MATCH THE HASHES|Hash mismatch",
        f"a download does not match its sha256 in the lock: check the package index that pip is "
        f"set to use, {_AGAIN}",
    ),
    (
        r"certificate verify failed|invalid peer certificate|PKIX path building failed",
        f"the server's TLS certificate is not trusted: behind a company proxy, name its CA file "
        f"in SSL_CERT_FILE and PIP_CERT (and import it into Java's trust store), {_AGAIN}",
    ),
    (
        r"Connection refused|Name or service not known|name resolution|Network is unreachable"
        r"|NewConnectionError|ConnectTimeout|dns error|UnknownHostException|ConnectException"
        r"|error sending request|timed out|Server access error",
        f"no connection to the package registry: check the network, or the mirror that pip, uv "
        f"or Spark is set to use, {_AGAIN}",
    ),
    (r"Read-only file system|Permission denied", f"no permission to write below {ROOT}"),
)


@contextmanager
def step(label: str) -> Iterator[None]:
    """Print `label …`, run the step, and print its seconds. A process runs one step at a time.

    Raises:
        ReelhouseError: a file cannot be written; the message gives the remedy.
    """
    started = time.monotonic()
    print(f"{label} … ", end="", flush=True)
    try:
        with _one_at_a_time():
            yield
    except OSError as error:
        print("failed", flush=True)
        raise ReelhouseError(f"{label}: {_explain_os_error(error)}") from error
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - started:.0f} s", flush=True)


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
    """Run a command and append its output to logs/setup.log.

    Raises:
        ReelhouseError: the command failed; the message gives the likely cause.
    """
    log = LOGS / "setup.log"
    with log.open("a+b") as output:
        output.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        output.flush()
        start = output.tell()
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, cwd=ROOT
        )
        output.seek(start)
        printed = output.read().decode(errors="replace")
    if done.returncode != 0:
        raise ReelhouseError(f"{explain(printed)} (details: {shown(log)})")


def explain(output: str) -> str:
    """Return the likely cause of a failed command and the remedy, from its output."""
    for pattern, cause in _CAUSES:
        if re.search(pattern, output):
            return cause
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "a set-up command failed without output"


@contextmanager
def partial_folder(parent: Path) -> Iterator[Path]:
    """Yield a folder inside `parent` for incomplete files; it is removed at the end.

    Complete files are moved out of it by an atomic rename, since both folders are on the same file
    system.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for leftover in parent.glob(".partial-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=parent) as folder:
        yield Path(folder)


def sha256(path: Path) -> str:
    """Return the hexadecimal sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _explain_os_error(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return _NO_SPACE
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"no permission to write {error.filename or ROOT}: clone the project where you may"
            f" write, or give yourself permission, {_AGAIN}"
        )
    return str(error)
