"""What dbt_project.yml says."""

from typing import Any

import yaml  # type: ignore[import-untyped]

from reelhouse.paths import ROOT


def project_vars() -> dict[str, Any]:
    """Return the vars of dbt_project.yml."""
    variables: dict[str, Any] = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    return variables
