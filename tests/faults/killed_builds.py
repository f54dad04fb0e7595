"""Builds of dbt that SIGKILL ends at a random node, or while they publish."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import yaml

from dbt_spark_session.parameters import LAKE, PUBLISH
from processes import DBT, QUICK
from tests.faults.lakes import NAMESPACE, ROWS, FaultLake

_NODE = re.compile(r"(\d+) of (\d+) (START|OK|PASS|SKIP|FAIL|ERROR)")
_LONGEST_PAUSE = 0.5
"""Seconds between the start of the node and the kill, at most."""


class Kill(NamedTuple):
    """What a kill has hit."""

    node: int
    """Number of the node that was running; one more than the last one in the publication."""
    nodes: int
    has_hit: bool
    """Whether dbt was still running."""


def kill_at_a_node(
    command: list[str], folder: Path, environment: dict[str, str], chance: random.Random
) -> Kill:
    """Start dbt, and kill it with its Java process at a random node or in the publication."""
    build = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert build.stdout is not None
    target, said = 0, []
    nodes = 0
    for line in build.stdout:
        said.append(line)
        found = _NODE.search(line)
        if not found:
            continue
        number, nodes, word = int(found[1]), int(found[2]), found[3]
        target = target or chance.randint(1, nodes + 1)
        if (number, word) == (target, "START"):
            break
        if target > nodes and number == nodes and word != "START":
            break
    assert nodes, "".join(said)
    time.sleep(chance.uniform(0, _LONGEST_PAUSE))
    with suppress(ProcessLookupError):
        os.killpg(build.pid, signal.SIGKILL)
    build.stdout.close()
    return Kill(target, nodes, build.wait() == -signal.SIGKILL)


class SmallProject:
    """A dbt project with three tables of a number, each with a test, whose builds are published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = FaultLake(str(folder / "lake"))
        target = {
            "type": "spark",
            "method": "session",
            "host": "NA",
            "schema": NAMESPACE,
            "threads": 1,
            "server_side_parameters": {
                **QUICK,
                LAKE: self.lake.folder,
                PUBLISH: "lake",
                "spark.driver.memory": "1g",
            },
        }
        project = {
            "name": "small",
            "profile": "small",
            "models": {"+materialized": "table"},
            "on-run-end": "{{ publish_release(results) }}",
        }
        model = "select x from {{ ref('%s') }}"
        test = "select x from {{ ref('%s') }} where x <> {{ var('x') }}"
        files = {
            "dbt_project.yml": yaml.safe_dump(project),
            "profiles.yml": yaml.safe_dump(
                {"small": {"target": "t", "outputs": {"t": target}}}, width=9999
            ),
            "models/a.sql": f"select cast({{{{ var('x') }}}} as bigint) as x from range({ROWS})",
            "models/b.sql": model % "a",
            "models/c.sql": model % "b",
            **{f"tests/{name}_has_x.sql": test % name for name in "abc"},
        }
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)

    def command(self, number: int) -> list[str]:
        return [*DBT, "--no-use-colors", "build", "--vars", f"x: {number}"]

    def build(self, number: int) -> int:
        """Build to the end; return the number of the release."""
        done = subprocess.run(
            self.command(number), cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
        return int(done.stdout.split("published release r")[1].split()[0])
