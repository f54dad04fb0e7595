"""Download MovieLens releases by name, check them, and unpack them below data/."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
from pathlib import Path

import requests
from tqdm import tqdm
from urllib3.exceptions import HTTPError

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.archives import unpack
from reelhouse.paths import DATA, shown

SERVER = "https://files.grouplens.org/datasets/movielens"
SERVER_VARIABLE = "REELHOUSE_MOVIELENS_URL"
"""Environment variable that names a mirror of SERVER."""

MD5: dict[str, str | None] = {
    "ml-100k": "0e33842e24a9c977be4e0107933c0723",
    "ml-1m": "c4d9eecfca2ab87c1945afe126590906",
    "ml-10m": "ce571fd55effeba0271552578f2648bd",
    "ml-20m": "cd245b17a1ae2cc31bb14903e1204af3",
    "ml-25m": "6b51fb2759a8657d3bfcbfc42b592ada",
    "ml-32m": "d472be332d4daa821edc399621853b57",
    "ml-latest-small": None,
    "ml-latest": None,
}
"""Release → md5 of its zip, as GroupLens publishes it; None if the release changes over time."""

ATTEMPTS = 5
CHUNK_BYTES = 1 << 20
SERVER_ERROR = 500
TIMEOUT = 30
"""Seconds without an answer after which a request fails."""
PAUSE = 0.2
"""Seconds before the second attempt; each further pause is twice as long."""


def release_folder(name: str, data: Path = DATA) -> Path:
    """Return the folder of a release; download and unpack the release first if it is missing.

    Args:
        name: a release in ``MD5``, such as ``ml-25m``.
        data: the folder in which the releases are kept.

    Raises:
        ReelhouseError: there is no connection, the server has no such file, or the download has
            another checksum.
    """
    folder = data / name
    if not folder.is_dir():
        unpack(_archive(name, data), folder)
    return folder


def _archive(name: str, data: Path) -> Path:
    """Return the zip of a release; download it first if it is missing."""
    archive, part = data / f"{name}.zip", data / f"{name}.zip.part"
    if archive.is_file():
        return archive
    data.mkdir(parents=True, exist_ok=True)
    url = f"{os.environ.get(SERVER_VARIABLE) or SERVER}/{name}.zip"
    by_hand = f"download {url} yourself and name the file: make build DATA=/path/to/{name}.zip"
    try:
        expected = MD5[name] or _published_md5(url)
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(PAUSE * 2 ** (attempt - 1))
                print(f"interrupted, attempt {attempt + 1} of {ATTEMPTS} … ", end="", flush=True)
            if _fetch(url, part):
                break
        else:
            raise ReelhouseError(
                f"the download of {url} was interrupted {ATTEMPTS} times: run the same command"
                f" again, and it continues from {shown(part)}"
            )
    except requests.HTTPError as error:
        raise ReelhouseError(f"{error}. Try again later, or {by_hand}") from error
    except (requests.ConnectionError, requests.Timeout) as error:
        raise ReelhouseError(f"no connection to {url}: check the network, or {by_hand}") from error
    except requests.RequestException as error:
        raise ReelhouseError(f"{url}: {error}. Check {SERVER_VARIABLE}, or {by_hand}") from error
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    if found != expected:
        part.unlink()
        raise ReelhouseError(
            f"the download of {url} has the md5 {found}, which should be {expected}, and was"
            f" removed: try again, or {by_hand}"
        )
    return part.replace(archive)


def _published_md5(url: str) -> str:
    """Return the md5 that GroupLens publishes beside a zip."""
    answer = requests.get(f"{url}.md5", timeout=TIMEOUT)
    answer.raise_for_status()
    digest = re.search(r"\b[0-9a-f]{32}\b", answer.text)
    if digest is None:
        raise ReelhouseError(
            f"{url}.md5 does not hold an md5 but {answer.text[:80]!r}: check {SERVER_VARIABLE}, or"
            f" download {url} yourself and name the file"
        )
    return digest.group()


def _fetch(url: str, part: Path) -> bool:
    """Append the missing bytes to ``part``; return whether the download is complete."""
    received = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if received:
        headers["Range"] = f"bytes={received}-"
    try:
        answer = requests.get(url, headers=headers, stream=True, timeout=TIMEOUT)
    except (requests.ConnectionError, requests.Timeout):
        if not received:
            raise
        return False
    with answer:
        if received and answer.status_code == requests.codes.requested_range_not_satisfiable:
            return True  # the part is complete; its md5 is checked later
        if received and answer.status_code >= SERVER_ERROR:
            return False
        answer.raise_for_status()
        if answer.status_code not in (requests.codes.ok, requests.codes.partial_content):
            raise ReelhouseError(
                f"the server answers {answer.status_code} instead of sending {url}: check"
                f" {SERVER_VARIABLE}"
            )
        is_continued = answer.headers.get("Content-Range", "").startswith(f"bytes {received}-")
        received = received if is_continued else 0
        length = answer.headers.get("Content-Length", "")
        size = received + (int(length) if length.isdecimal() else 0)
        bar = tqdm(
            total=size or None, initial=received, desc=part.stem, unit="B", unit_scale=True,
            disable=not sys.stderr.isatty(), leave=False,
        )  # fmt: skip
        with part.open("ab" if is_continued else "wb") as file, bar:
            # Otherwise the bytes of a chunk that came before an interruption are lost.
            answer.raw.enforce_content_length = False
            try:
                while chunk := answer.raw.read1(CHUNK_BYTES, decode_content=False):
                    file.write(chunk)
                    bar.update(len(chunk))
            except HTTPError:
                return False
    return part.stat().st_size >= size
