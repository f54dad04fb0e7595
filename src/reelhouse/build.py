"""`reelhouse build`: dbt build in this process, then the summary."""

import os
import time

from reelhouse.datasets import check_name
from reelhouse.errors import ReelhouseError
from reelhouse.java import find_java
from reelhouse.paths import ROOT


def build(data: str, target: str) -> int:
    """Run `dbt build` in the project root and print the summary; return dbt's exit code."""
    check_name(data)
    find_java()
    os.chdir(ROOT)
    started = time.monotonic()
    code = _run_dbt(["build", "--target", target, "--exclude-resource-type", "unit_test"])
    print(f"dbt build … {time.monotonic() - started:.0f} s", flush=True)
    if code != 0:
        raise BuildFailed(code)
    from reelhouse.summary import print_summary

    print_summary()
    return 0


class BuildFailed(ReelhouseError):
    """dbt build did not succeed; carries dbt's exit code."""

    def __init__(self, code: int) -> None:
        """Say what to look at and what to type."""
        super().__init__(
            "dbt build failed: the cause is above, and in logs/dbt.log and logs/spark.log. "
            "Then type `. .venv/bin/activate` and `dbt retry`: it runs what failed and what follows"
            if code == 1
            else "dbt build did not get as far as running models: the cause is above"
        )
        self.code = code


def _run_dbt(arguments: list[str]) -> int:
    from dbt.cli.main import dbtRunner

    result = dbtRunner().invoke(arguments)
    if result.exception is not None:  # dbt has printed it
        return 2
    return 0 if result.success else 1
