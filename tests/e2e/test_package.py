"""The project in examples/orders, which has Reelhouse as a package, set up and built in a copy."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from reelhouse.lake.catalog import BUILD
from tests.e2e.conftest import QUICK, ROOT

EXAMPLE = ROOT / "examples" / "orders"
FLAG = "require_ref_searches_node_package_before_root: true"


def copied_example(folder: Path) -> Path:
    """Copy the example, without packages.yml, whose path is relative, and set it up."""
    folder.mkdir()
    for name in ("dbt_project.yml", "models", "seeds"):
        copy = shutil.copytree if (EXAMPLE / name).is_dir() else shutil.copy2
        copy(EXAMPLE / name, folder / name)
    for command in ("reelhouse init", "dbt deps"):
        done = run(folder, command)
        assert done.returncode == 0, done.stdout
    return folder


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("REELHOUSE_")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        command.split(),
        cwd=folder,
        env={**kept, **QUICK, "PATH": path, "DO_NOT_TRACK": "1", "REELHOUSE_TUNE": "no"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Set up a copy of the example, and build its models and what they depend on."""
    folder = copied_example(tmp_path_factory.mktemp("package") / "orders")
    done = run(folder, "dbt build --select +package:orders --indirect-selection cautious")
    assert done.returncode == 0, done.stdout
    return folder


def rows(project: Path, table: str) -> list[dict[str, Any]]:
    lake = project / "lake"
    catalog = SqlCatalog(BUILD, uri=f"sqlite:///{lake}/catalog.db", warehouse=str(lake))
    read: list[dict[str, Any]] = (
        catalog.load_table(f"reelhouse.{table}").scan().to_arrow().to_pylist()
    )
    return read


def seed(name: str) -> list[dict[str, str]]:
    with (EXAMPLE / "seeds" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def test_every_customer_gets_an_unsold_product_of_a_category_that_suits(project: Path) -> None:
    category = {product["product_id"]: product["category"] for product in seed("products")}
    bought = defaultdict(list)
    for order in seed("orders"):
        bought[order["customer_id"]].append(order["product_id"])
    best = rows(project, "best_unsold_products")
    assert sorted(row["customer_id"] for row in best) == sorted(bought)
    assert not [row for row in best if row["product_id"] in bought[row["customer_id"]]]
    favourites = {
        customer: Counter(map(category.get, products)).most_common(1)[0][0]
        for customer, products in bought.items()
    }
    suiting = [row["category"] == favourites[row["customer_id"]] for row in best]
    assert sum(suiting) > 0.7 * len(suiting), "by chance, a quarter"


def test_every_category_has_a_shelf_of_its_products(project: Path) -> None:
    category = {product["product_id"]: product["category"] for product in seed("products")}
    shelves = defaultdict(list)
    for row in sorted(rows(project, "category_shelves"), key=lambda row: row["place"]):
        assert category[row["product_id"]] == row["category"]
        shelves[row["category"]].append(row["customer_count"])
    assert shelves.keys() == set(category.values())
    for counts in shelves.values():
        assert len(counts) == 3
        assert counts == sorted(counts, reverse=True)
        assert counts[-1] >= 1


def test_the_orders_are_events_and_the_model_is_their_source(project: Path) -> None:
    interactions = rows(project, "interactions")
    assert sum(row["event_count"] for row in interactions) == len(seed("orders"))
    assert sum(row["strength"] for row in interactions) == sum(
        int(order["quantity"]) for order in seed("orders")
    )
    assert {row["data"] for row in rows(project, "raw_files")} == {"model:purchases"}


@pytest.mark.slow
def test_a_model_with_the_name_of_one_of_reelhouse_needs_a_flag(tmp_path: Path) -> None:
    folder = copied_example(tmp_path / "orders")
    (folder / "models" / "movies.sql").write_text(
        "{{ config(schema='shop') }} select 1 as movie_id"
    )
    settings = folder / "dbt_project.yml"
    settings.write_text(settings.read_text().replace(FLAG, FLAG.replace("true", "false")))
    # Without dbt's cache of relations, Spark does not start.
    compile_one = "dbt compile --no-populate-cache --select raw_interactions"
    failed = run(folder, compile_one)
    assert failed.returncode != 0
    assert "of Reelhouse refers to model.orders.movies, since both projects" in failed.stdout
    assert f"Write `{FLAG}`" in " ".join(failed.stdout.split())
    settings.write_text(settings.read_text().replace(FLAG.replace("true", "false"), FLAG))
    done = run(folder, compile_one)
    assert done.returncode == 0, done.stdout
