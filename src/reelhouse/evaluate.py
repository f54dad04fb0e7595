"""`reelhouse evaluate`: the metrics of other protocols than those that every build has."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reelhouse.build import LOCAL, dbt_build, refuse_second_writer
from reelhouse.errors import ReelhouseError
from reelhouse.lake import NoLakeError, lake_folder, read_catalog
from reelhouse.project import project_vars, seed_rows

SPLITS = "int_protocols+"
SEEDS = "path:seeds"
QUERY = """
    select algorithm, rmse, rmse_verdict, ndcg_at_10, ndcg_at_10_verdict, recall_at_20
    from model_comparison where protocol = '{protocol}'
    order by ndcg_at_10 desc nulls last, algorithm
"""


def evaluate(protocols: Sequence[str], target: str) -> None:
    """Build what follows the splits, with more protocols, and print how algorithms compare."""
    known = [row["protocol"] for row in seed_rows("protocols") if row["protocol"] != "all"]
    if not protocols:
        raise ReelhouseError(
            f"name a protocol, as in make evaluate PROTOCOL=kfold: there are {', '.join(known)}"
        )
    unknown = [name for name in protocols if name not in known]
    if unknown:
        raise ReelhouseError(
            f"no protocol {', '.join(unknown)} in seeds/protocols.csv: there are {', '.join(known)}"
        )
    always = project_vars()["protocols"]
    asked_for = [*always, *(name for name in protocols if name not in always)]
    variables = {"protocols": asked_for, "protocols_insisted_on": list(protocols)}
    options = ["--vars", json.dumps(variables)]
    if target == LOCAL:
        refuse_second_writer()
        # Without a lake, everything is to be built; with one, what is there need not be.
        if "interactions" not in _tables():
            dbt_build(target, *options)
        else:
            dbt_build(target, "--select", SEEDS, SPLITS, *options)
        from reelhouse.console import run_query

        for protocol in protocols:
            print(f"\n{protocol}", flush=True)
            run_query(QUERY.format(protocol=protocol), "table")
    else:
        dbt_build(target, *options)


def _tables() -> Sequence[str]:
    try:
        return read_catalog(lake_folder()).names()
    except NoLakeError:
        return []
