"""Downloads of releases from a local server that interrupts them, sends wrong data, or is gone."""

from __future__ import annotations

import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.ingest import movielens

NAME = "ml-latest-small"
RATINGS = "userId,movieId,rating,timestamp\n" + "".join(
    f"{user},{movie},{1 + (user * movie) % 5},{978300000 + user}\n"
    for user in range(300)
    for movie in range(30)
)


class Server(ThreadingHTTPServer):
    """Serves ``files``, interrupts the first ``cuts`` downloads, and records the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.cuts = 0
        self.asked: list[tuple[str, str | None]] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name, wanted = self.path.lstrip("/"), self.headers.get("Range")
        self.server.asked.append((name, wanted))
        body = self.server.files.get(name)
        if body is None:
            self.send_error(404)
            return
        start = int(re.findall(r"\d+", wanted)[0]) if wanted else 0
        if start and start >= len(body):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        body = body[start:]
        if name.endswith(".zip") and self.server.cuts:
            self.server.cuts -= 1
            body = body[: len(body) // 2]
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{NAME}/ratings.csv", RATINGS)
    server.files[f"{NAME}.zip"] = content.getvalue()
    digest = hashlib.md5(content.getvalue()).hexdigest()
    server.files[f"{NAME}.zip.md5"] = f"MD5 ({NAME}.zip) = {digest}\n".encode()
    monkeypatch.setenv(movielens.SERVER_VARIABLE, f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_release_is_downloaded_once_and_unpacked(server: Server, tmp_path: Path) -> None:
    folder = movielens.release_folder(NAME, tmp_path)
    assert (folder / "ratings.csv").read_text() == RATINGS
    asked = len(server.asked)
    assert movielens.release_folder(NAME, tmp_path) == folder
    assert len(server.asked) == asked


def test_an_interrupted_download_continues_where_it_stopped(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.cuts = 2
    folder = movielens.release_folder(NAME, tmp_path)
    assert (folder / "ratings.csv").read_text() == RATINGS
    half = len(server.files[f"{NAME}.zip"]) // 2
    assert [wanted for name, wanted in server.asked if name.endswith(".zip")][:2] == [
        None,
        f"bytes={half}-",
    ]
    assert "interrupted, attempt 2 of 5" in capsys.readouterr().out


def test_the_next_command_continues_an_interrupted_download(server: Server, tmp_path: Path) -> None:
    server.cuts = movielens.ATTEMPTS
    with pytest.raises(ReelhouseError, match=r"interrupted 5 times: .* continues from"):
        movielens.release_folder(NAME, tmp_path)
    assert not (tmp_path / NAME).exists()
    assert (tmp_path / f"{NAME}.zip.part").stat().st_size > 0
    assert (movielens.release_folder(NAME, tmp_path) / "ratings.csv").is_file()
    assert server.asked[-1][1] is not None


def test_a_finished_part_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.zip.part").write_bytes(server.files[f"{NAME}.zip"])
    assert (movielens.release_folder(NAME, tmp_path) / "ratings.csv").is_file()


def test_a_download_with_a_wrong_checksum_is_removed(server: Server, tmp_path: Path) -> None:
    server.files[f"{NAME}.zip.md5"] = b"0" * 32
    with pytest.raises(ReelhouseError, match=r"should be 0{32}, and was removed"):
        movielens.release_folder(NAME, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_published_checksum_that_is_none_is_refused(server: Server, tmp_path: Path) -> None:
    server.files[f"{NAME}.zip.md5"] = b"<html>moved</html>"
    with pytest.raises(ReelhouseError, match="does not hold an md5"):
        movielens.release_folder(NAME, tmp_path)


def test_the_checksum_of_a_stable_release_is_not_taken_from_the_server(
    server: Server, tmp_path: Path
) -> None:
    server.files["ml-25m.zip"] = server.files[f"{NAME}.zip"]
    with pytest.raises(ReelhouseError, match=f"should be {movielens.MD5['ml-25m']}"):
        movielens.release_folder("ml-25m", tmp_path)


def test_a_missing_file_names_the_address_and_the_way_by_hand(
    server: Server, tmp_path: Path
) -> None:
    with pytest.raises(ReelhouseError, match=r"404 .*ml-1m\.zip.* DATA=/path/to/ml-1m\.zip"):
        movielens.release_folder("ml-1m", tmp_path)


def test_a_missing_server_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(movielens.SERVER_VARIABLE, "http://127.0.0.1:9")
    with pytest.raises(ReelhouseError, match=r"no connection to .*: check the network"):
        movielens.release_folder("ml-1m", tmp_path)
