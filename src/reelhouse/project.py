"""What dbt_project.yml and the seeds say, before dbt runs."""

import csv
from typing import Any

import yaml  # type: ignore[import-untyped]

from reelhouse.paths import ROOT


def project_vars() -> dict[str, Any]:
    """Return the vars of dbt_project.yml."""
    variables: dict[str, Any] = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    return variables


def seed_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of seeds/NAME.csv, each a text for a column."""
    with (ROOT / "seeds" / f"{name}.csv").open(newline="") as seed:
        return list(csv.DictReader(seed))
