"""Bytes that Spark sends between tasks and writes for lack of memory, from its event log."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import NamedTuple


class Shuffled(NamedTuple):
    """Megabytes of a run."""

    total: float
    """Written for other tasks, by all stages."""
    largest: float
    """Written for other tasks by the stage that wrote most."""
    spilled: float
    """Written to disk because memory was full."""


def logging_to(folder: Path) -> dict[str, str]:
    """Empty a folder, and return variables with which pyspark writes an event log there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": folder.as_uri(),
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
    }
    options = " ".join(f"--conf {name}={value}" for name, value in settings.items())
    before = os.environ.get("PYSPARK_SUBMIT_ARGS", "pyspark-shell")
    return {"PYSPARK_SUBMIT_ARGS": f"{options} {before}"}


def read_shuffled(folder: Path) -> Shuffled:
    """Return the megabytes of the runs whose event logs are in a folder."""
    by_stage: Counter[tuple[Path, int]] = Counter()
    spilled = 0
    for log in folder.glob("[!.]*"):  # without hidden files of checksums
        with log.open(encoding="utf-8") as lines:
            for line in lines:
                if '"SparkListenerTaskEnd"' not in line:
                    continue
                event = json.loads(line)
                metrics = event.get("Task Metrics")
                if metrics:  # a task that was killed has none
                    written = metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
                    by_stage[log, event["Stage ID"]] += written
                    spilled += metrics["Disk Bytes Spilled"]
    megabyte = 2**20
    return Shuffled(
        by_stage.total() / megabyte,
        max(by_stage.values(), default=0) / megabyte,
        spilled / megabyte,
    )
