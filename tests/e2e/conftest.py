"""Lakes that real dbt builds make once; each test file gets them as the build left them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from reelhouse.lake.catalog import BUILD

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests" / "fixtures" / "tiny"
# On tiny data, Spark spends most of its time on compilation, in Java and of generated code.
QUICK = {
    "JAVA_TOOL_OPTIONS": (
        # With the first compiler alone, Java reserves too little memory for a whole build.
        "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
        " -Dspark.sql.codegen.wholeStage=false"
        " -Dspark.sql.codegen.factoryMode=NO_CODEGEN"
    ),
    "REELHOUSE_SHUFFLE_PARTITIONS": "1",
}


@dataclass(frozen=True)
class Lake:
    """A lake in a folder, with dbt's target and logs."""

    folder: Path
    data: Path
    variables: str = "{}"
    columns: str = ""
    quick: bool = True
    """Whether Spark has the settings for tiny data, beside those of the profile."""
    tune: str = ""
    """``no`` for a build without trials."""

    @property
    def environment(self) -> dict[str, str]:
        venv = Path(sys.executable).parent
        return {
            **os.environ,
            **(QUICK if self.quick else {}),
            "PATH": f"{venv}:{os.environ['PATH']}",
            "REELHOUSE_LAKE": str(self.folder),
            "REELHOUSE_DATA": str(self.data),
            "REELHOUSE_COLUMNS": self.columns,
            "REELHOUSE_TUNE": self.tune,
        }

    def command(self, *arguments: str) -> list[str]:
        return [
            *("dbt", "--no-use-colors", *arguments),
            *("--target-path", str(self.folder / "target"), "--log-path", str(self.folder)),
            *("--vars", self.variables),
        ]

    def dbt(self, *arguments: str, check: bool = True) -> str:
        """Run dbt, and return its output."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if check:
            assert done.returncode == 0, done.stdout
        return done.stdout

    def catalog(self) -> SqlCatalog:
        """Return the catalog that dbt writes to."""
        return SqlCatalog(
            BUILD,
            uri=f"sqlite:///{self.folder / 'catalog.db'}",
            warehouse=(self.folder / "warehouse").as_uri(),
        )

    def tables(self) -> list[str]:
        return [name for _, name in self.catalog().list_tables("reelhouse")]

    def table(self, name: str) -> pa.Table:
        """Read a whole table by PyIceberg."""
        return self.catalog().load_table(f"reelhouse.{name}").scan().to_arrow()


@pytest.fixture(scope="session")
def built_movielens(tmp_path_factory) -> Lake:
    """Build the default data, as `make build` does."""
    folder, data = tmp_path_factory.mktemp("movielens"), ROOT / "data" / "ml-100k"
    lake = Lake(folder, data, quick=False)
    lake.dbt("build", "--exclude-resource-type", "unit_test")
    return lake


@pytest.fixture(scope="module")
def movielens(built_movielens) -> Lake:
    """Return the lake of the default data, as its build left it."""
    return restored(built_movielens)


@pytest.fixture(scope="session")
def built_tiny(tmp_path_factory) -> Lake:
    """Build the tiny data under the protocols that the default data has not; run unit tests."""
    protocols = "protocols: [user_time, leave_last, user_holdout]"
    lake = Lake(tmp_path_factory.mktemp("tiny"), TINY, protocols, tune="no")
    lake.dbt("build")
    return lake


@pytest.fixture(scope="module")
def tiny(built_tiny) -> Lake:
    """Return the lake of the tiny data, as its build left it."""
    return restored(built_tiny)


def restored(lake: Lake) -> Lake:
    """Undo what the tests of another file did to a lake.

    A copy would have another path, and the metadata of Iceberg tables has absolute paths. So the
    lake stays in its place, and a copy of it is put back there.
    """
    copy = lake.folder.with_name(f"{lake.folder.name}-copy")
    if copy.exists():
        shutil.rmtree(lake.folder)
        copy_lake(copy, lake.folder)
    else:
        copy_lake(lake.folder, copy)
    return lake


def copy_lake(source: Path, target: Path) -> None:
    """Copy a lake without temporary files; files of tables are hard links: they never change."""
    # Java may still be removing its temporary files.
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("warehouse", "tmp"))
    shutil.copytree(source / "warehouse", target / "warehouse", copy_function=os.link)
