"""The seed, the number of faults, and the counts that `make test-faults` prints and writes."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from servers import postgresql, psql
from tests.faults.lakes import FaultLake

ROOT = Path(__file__).parents[2]
OUT = ROOT / "benchmarks" / "out" / "faults.json"
SEED = os.environ.get("REELHOUSE_FAULTS_SEED") or str(random.SystemRandom().randrange(10**6))
PUBLISH_KILLS = int(os.environ.get("REELHOUSE_FAULTS_KILLS") or 200)
"""Kills that must hit a publication, half of them in each database."""
_BAD = ("lost_rows", "mixed_reads", "mixed_releases", "unreadable")
_parts: dict[str, Counter[str]] = {}


def counts_of(part: str) -> Counter[str]:
    """Return the counts of a part of the faults, which a test adds to."""
    return _parts.setdefault(part, Counter(dict.fromkeys(_BAD, 0)))


def pytest_configure(config: pytest.Config) -> None:
    # Processes that pytest starts for its tests choose the same faults.
    os.environ["REELHOUSE_FAULTS_SEED"] = SEED
    # The server that forks publishers imports their modules before it knows pytest's paths.
    folders = [str(ROOT), str(ROOT / "packages" / "dbt-spark-session" / "tests")]
    # An empty part of PYTHONPATH would be the current folder of every process.
    if "PYTHONPATH" in os.environ:
        folders.append(os.environ["PYTHONPATH"])
    os.environ["PYTHONPATH"] = os.pathsep.join(folders)


def pytest_report_header() -> str:
    return f"faults: REELHOUSE_FAULTS_SEED={SEED}"


@pytest.fixture(scope="session")
def fault_seed() -> str:
    return SEED


@pytest.fixture(scope="session")
def postgresql_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with postgresql(tmp_path_factory.mktemp("postgresql")) as port:
        yield port


@pytest.fixture(params=["sqlite", "postgresql"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> FaultLake:
    """An empty lake in each kind of database."""
    if request.param == "sqlite":
        return FaultLake(str(tmp_path))
    return new_postgresql_lake(request.getfixturevalue("postgresql_port"), tmp_path)


@pytest.fixture
def postgresql_lake(postgresql_port: int, tmp_path: Path) -> FaultLake:
    return new_postgresql_lake(postgresql_port, tmp_path)


def new_postgresql_lake(port: int, folder: Path) -> FaultLake:
    name = f"lake_{len(psql(port, 'select 1 from pg_database'))}"
    psql(port, f"create database {name}")
    return FaultLake(str(folder), port, name)


def pytest_sessionfinish() -> None:
    """Write the counts of each part, beside those of parts that this run has left out."""
    if not _parts:
        return
    OUT.parent.mkdir(parents=True, exist_ok=True)
    parts = json.loads(OUT.read_text())["parts"] if OUT.is_file() else {}
    parts |= {name: {"seed": SEED, **dict(sorted(part.items()))} for name, part in _parts.items()}
    OUT.write_text(json.dumps({**_totals(parts), "parts": parts}, indent=1) + "\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts."""
    if not _parts:
        return
    terminalreporter.section("faults")
    for name, count in _totals(_parts).items():
        terminalreporter.write_line(f"{name:36} {count:>9,}")
    terminalreporter.write_line(f"{'seed':36} {SEED:>9}")


def _totals(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts.values():
        total.update({name: count for name, count in part.items() if name != "seed"})
    return dict(sorted(total.items()))
