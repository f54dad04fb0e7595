"""A snapshot is whole or read again, whatever other processes do to it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from reelhouse.commands.snapshot import write_snapshot
from reelhouse.lake.catalog import snapshot_folder
from reelhouse.serve import lake_reader
from reelhouse.serve.lake_reader import read_serving_fit
from reelhouse.serve.recommender import Recommender, open_recommender, read_snapshot
from reelhouse.serve.snapshot import open_snapshot, remove_snapshots
from tests.unit.lakes import REELHOUSE
from tests.unit.serve.served_lake import lake_of


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return lake_of(tmp_path / "lake", "als_graded")[0]


def snapshots(lake: Path) -> list[str]:
    return [each.name for each in snapshot_folder(lake).iterdir() if each.is_dir()]


@pytest.mark.parametrize("damaged", ["facts.json", "movie_ids.npy", "recommendations.json.npy"])
@pytest.mark.parametrize("left", [None, 0, 0.5])
def test_a_snapshot_with_a_lost_or_short_file_is_written_again(
    lake: Path, damaged: str, left: float | None
) -> None:
    expected = open_recommender(lake).recommend({10: 5.0}, 5)
    (version,) = snapshots(lake)
    file = snapshot_folder(lake) / version / damaged
    content = file.read_bytes()
    file.unlink()  # the arrays above are still mapped, so the file is not changed in place
    if left is not None:
        file.write_bytes(content[: int(len(content) * left)])

    assert open_recommender(lake).recommend({10: 5.0}, 5) == expected

    assert file.read_bytes() == content
    assert snapshots(lake) == [version]


KILLED_WHILE_WRITING = """
import sys, time
from pathlib import Path
from reelhouse.serve import lake_reader, snapshot

class Slow(dict):
    def items(self):
        yield from list(super().items())[:3]
        print("writing", flush=True)
        time.sleep(600)

def read(lake):
    facts, arrays = lake_reader.read_serving_fit(lake)
    return facts, Slow(arrays)

snapshot.open_snapshot(Path(sys.argv[1]), read)
"""


def test_the_part_that_a_killed_process_wrote_is_removed_by_the_next(lake: Path) -> None:
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, str(lake)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        writer.send_signal(signal.SIGKILL)
    (draft,) = snapshots(lake)
    assert draft.startswith("draft-")

    snapshot = read_snapshot(lake)

    assert snapshots(lake) == [snapshot.version]


def test_two_readers_at_once_read_the_lake_once(lake: Path) -> None:
    both, reads = threading.Barrier(2), []

    def read_lake(lake: Path):
        reads.append(lake)
        return read_serving_fit(lake)

    def start() -> None:
        both.wait()
        open_snapshot(lake, read_lake)

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reads) == 1


def test_two_commands_at_once_print_the_same_list(lake: Path) -> None:
    command = [REELHOUSE, "recommend", "--like", "Film 10"]
    both = [
        subprocess.Popen(
            command, env={"REELHOUSE_LAKE": str(lake)}, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    first, second = (each.communicate()[0] for each in both)
    assert [each.returncode for each in both] == [0, 0]
    assert "because you liked The Film 10" in first
    assert first == second
    assert len(snapshots(lake)) == 1


def test_a_snapshot_is_read_again_if_its_tables_vanish_meanwhile(lake: Path) -> None:
    """As if `make maintain` removed the files of a release that a new one has replaced."""
    from pyiceberg.catalog.sql import SqlCatalog

    reads = []

    def read_lake(lake: Path):
        reads.append(lake)
        if len(reads) == 1:
            with SqlCatalog("lake", uri=f"sqlite:///{lake}/catalog.db") as catalog:
                catalog.load_table("reelhouse.interactions").delete("user_id == 3")
            raise FileNotFoundError("a file of the old version")
        return read_serving_fit(lake)

    assert open_snapshot(lake, read_lake).version == read_snapshot(lake).version
    assert len(reads) == 2


def test_removed_snapshots_still_serve_a_process_that_has_opened_them(lake: Path) -> None:
    snapshot = read_snapshot(lake)
    expected = Recommender(snapshot).recommend({10: 5.0}, 5)

    remove_snapshots(lake)

    assert snapshots(lake) == []
    assert Recommender(snapshot).recommend({10: 5.0}, 5) == expected


def test_a_lake_without_room_for_a_snapshot_is_read_each_time(lake: Path) -> None:
    expected = open_recommender(lake).recommend({10: 5.0}, 5)
    remove_snapshots(lake)
    (snapshot_folder(lake) / "lock").unlink()
    snapshot_folder(lake).rmdir()
    snapshot_folder(lake).write_text("not a folder")

    assert open_recommender(lake).recommend({10: 5.0}, 5) == expected


def test_the_first_list_after_a_publication_does_not_read_the_lake(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELHOUSE_LAKE", str(lake))
    write_snapshot()

    def fail(lake: Path):
        raise AssertionError("the lake was read")

    monkeypatch.setattr(lake_reader, "read_serving_fit", fail)
    assert len(open_recommender(lake).recommend({10: 5.0}, 5)) == 5
