"""The example project, built from the wheel by two commands in an environment without dbt."""

from __future__ import annotations

import csv
import shutil
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from dbt_spark_session.lake import ICEBERG
from dbt_spark_session.versions import TESTED
from distributions import LOCK, install
from processes import EXAMPLE, JARS, run

QUICK = (
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
    " -Dspark.sql.codegen.wholeStage=false -Dspark.sql.codegen.factoryMode=NO_CODEGEN"
    " -Dspark.sql.shuffle.partitions=1"
)


def build_example(folder: Path, environment: Path, **variables: str) -> str:
    """Copy the example, and build its tables and its documentation; return dbt's output."""
    home = folder / "home"
    home.mkdir()
    project = folder / "jaffle_shop"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("lake", "logs", "target"))
    settings = {
        "HOME": str(home),
        "DO_NOT_TRACK": "1",
        "JAVA_TOOL_OPTIONS": f"{QUICK} -Duser.home={home}",
        "PYTHONPATH": "",
        **variables,
    }
    build = run(environment / "dbt", "build", cwd=project, **settings)
    docs = run(environment / "dbt", "docs", "generate", "--static", cwd=project, **settings)
    return build + docs


def check_example(project: Path) -> None:
    """Compare the tables with what the CSV files say."""
    lake = project / "lake"
    catalog = SqlCatalog("lake", uri=f"sqlite:///{lake}/catalog.db", warehouse=str(lake))
    seeds = {path.stem: list(csv.DictReader(path.open())) for path in EXAMPLE.glob("seeds/*.csv")}

    def table(name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = catalog.load_table(f"jaffle_shop.{name}").scan().to_arrow()
        return rows.to_pylist()  # type: ignore[attr-defined]

    price = {row["sku"]: Decimal(row["price_cents"]) / 100 for row in seeds["raw_products"]}
    amounts: dict[int, Decimal] = defaultdict(Decimal)
    baskets = defaultdict(set)
    for item in seeds["raw_order_items"]:
        amounts[int(item["order_id"])] += int(item["quantity"]) * price[item["sku"]]
        baskets[item["order_id"]].add(item["sku"])
    assert {row["order_id"]: row["amount"] for row in table("orders")} == amounts

    spent = {int(row["id"]): Decimal(0) for row in seeds["raw_customers"]}
    for order in seeds["raw_orders"]:
        if order["status"] != "returned":
            spent[int(order["customer_id"])] += amounts[int(order["id"])]
    assert {row["customer_id"]: row["amount"] for row in table("customers")} == spent
    assert 0 in spent.values(), "a customer without orders"

    pairs = Counter(p for basket in baskets.values() for p in combinations(sorted(basket), 2))
    counted = {
        (row["first_product_id"], row["second_product_id"]): row["order_count"]
        for row in table("product_pairs")
    }
    assert counted == pairs

    statuses = Counter(row["status"] for row in table("order_statuses"))
    assert statuses == Counter(order["status"] for order in seeds["raw_orders"])
    page = (project / "target" / "static_index.html").read_text()
    assert "Number of orders with both products." in page


def test_two_commands_build_the_example_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    environment = install(tmp_path / "venv", wheel, "--constraint", LOCK)
    output = build_example(tmp_path, environment, ICEBERG_JARS=f"{JARS}/*.jar")
    assert "ERROR=0" in output
    assert "WARN=0" in output
    assert "tested with" not in output
    check_example(tmp_path / "jaffle_shop")
    assert not [path for path in (tmp_path / "home").rglob("*.jar")], "nothing is downloaded"


@pytest.mark.slow
@pytest.mark.parametrize("series", TESTED["pyspark"])
def test_the_example_downloads_its_jars_on_every_tested_spark(
    series: str, wheel: Path, tmp_path: Path
) -> None:
    required = (EXAMPLE / "requirements.txt").read_text()
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        required.replace("../..", str(wheel)).replace("pyspark~=4.1.0", f"pyspark~={series}.0")
    )
    environment = install(tmp_path / "venv", "--requirement", requirements)
    output = build_example(tmp_path, environment, ICEBERG_JARS="")
    assert "ERROR=0" in output
    check_example(tmp_path / "jaffle_shop")
    jars = {jar.name for jar in (tmp_path / "home").rglob("*.jar")}
    runtime = f"iceberg-spark-runtime-{series}_2.13-{ICEBERG[series]}.jar"
    assert [name for name in jars if name.endswith(runtime)], jars
