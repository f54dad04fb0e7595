"""The bytes in an event log of Spark."""

import json

from benchmarks.event_log import Shuffled, logging_to, read_shuffled


def task(stage, written, spilled):
    metrics = {
        "Shuffle Write Metrics": {"Shuffle Bytes Written": written},
        "Disk Bytes Spilled": spilled,
    }
    return {"Event": "SparkListenerTaskEnd", "Stage ID": stage, "Task Metrics": metrics}


def test_the_bytes_of_tasks_are_added_by_stage(tmp_path):
    folder = tmp_path / "events"
    variables = logging_to(folder)
    assert f"--conf spark.eventLog.dir={folder.as_uri()}" in variables["PYSPARK_SUBMIT_ARGS"]
    killed = {"Event": "SparkListenerTaskEnd", "Stage ID": 1}
    other = {"Event": "SparkListenerJobEnd"}
    events = [task(1, 2**20, 0), task(1, 2**20, 2**19), task(2, 2**20, 0), killed, other]
    (folder / "local-1").write_text("\n".join(map(json.dumps, events)))
    (folder / ".local-1.crc").write_bytes(b"\xb5")
    assert read_shuffled(folder) == Shuffled(total=3.0, largest=2.0, spilled=0.5)
