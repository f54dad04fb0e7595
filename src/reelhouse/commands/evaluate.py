"""`reelhouse evaluate`: evaluate the algorithms under protocols that a build leaves out."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from reelhouse.commands.build import prepare_build
from reelhouse.commands.dbt import dbt_build
from reelhouse.commands.write_lock import refuse_second_writer
from reelhouse.errors import ReelhouseError
from reelhouse.ingest.data_set import RAW_FILES
from reelhouse.ingest.given_splits import GIVEN
from reelhouse.lake.catalog import BUILD, NoLakeError, lake_folder, read_catalog
from reelhouse.lake.cluster import LOCAL
from reelhouse.lake.parameters import text_literal
from reelhouse.lake.session import LakeSession
from reelhouse.project import built_protocols, seed_rows

SPLITS_AND_LATER = "rating_splits+"
SEEDS = "path:seeds"
SCALE = "int_rating_scale"
SPLITS_BY_TIME = ("time", "user_time", "user_last")
COMPARISON = """
    select algorithm, rmse, rmse_verdict, ndcg_at_10, ndcg_at_10_verdict, recall_at_20
    from model_comparison where protocol = {protocol} and skipped_because is null
    order by ndcg_at_10 desc nulls last, algorithm
"""
SKIPPED = """
    select string_agg(algorithm, ', ' order by algorithm), skipped_because
    from model_comparison where protocol = {protocol} and skipped_because is not null
    group by skipped_because order by 1
"""


def evaluate(protocols: Sequence[str], target: str) -> None:
    """Build the splits and all later models with more protocols, and print the comparison.

    Args:
        protocols: names in seeds/protocols.csv.
        target: a target of profiles.yml.

    Raises:
        ReelhouseError: a protocol is unknown or needs times or splits that the ratings lack, or the
            build fails.
    """
    known = [row["protocol"] for row in seed_rows("protocols") if row["protocol"] != "all"]
    if not protocols:
        raise ReelhouseError(
            f"name a protocol, as in make evaluate PROTOCOL=kfold: one of {', '.join(known)}"
        )
    unknown = [name for name in protocols if name not in known]
    if unknown:
        raise ReelhouseError(
            f"no protocol {', '.join(unknown)} in seeds/protocols.csv: name one of"
            f" {', '.join(known)}"
        )
    built = built_protocols()
    evaluated = [*built, *(name for name in protocols if name not in built)]
    variables = {"protocols": evaluated, "protocols_at_any_size": list(protocols)}
    options = ["--vars", json.dumps(variables)]
    if target == LOCAL:
        refuse_second_writer()
        _refuse_unsuitable(protocols)
        # After a build, only the splits and later models are built again.
        if "model_comparison" not in _tables():
            prepare_build("", "", target)
            dbt_build(target, *options)
        else:
            os.environ["REELHOUSE_PUBLISH"] = "yes"
            dbt_build(target, "--select", SEEDS, SPLITS_AND_LATER, *options)
        for protocol in protocols:
            print(f"\n{protocol}", flush=True)
            _print_comparison(protocol)
        if added := [name for name in evaluated[len(built) :] if name != GIVEN]:
            print(
                f"\nthe next build drops {', '.join(added)}, unless the var protocols in"
                " dbt_project.yml names it"
            )
    else:
        prepare_build("", "", target)
        dbt_build(target, *options)


def _refuse_unsuitable(protocols: Sequence[str]) -> None:
    """Refuse protocols that need times or splits which the ratings in the lake do not have."""
    split_by = {row["protocol"]: row["split_by"] for row in seed_rows("protocols")}
    by_time = [name for name in protocols if split_by[name] in SPLITS_BY_TIME]
    given = [name for name in protocols if split_by[name] == GIVEN]
    if by_time and _is_false(f"select bool_and(has_times) from {RAW_FILES}", RAW_FILES):
        raise ReelhouseError(
            f"{', '.join(by_time)} splits by time, and the ratings in the lake have no times: name"
            " another protocol"
        )
    if given and _is_false(f"select fold_count > 0 from {SCALE}", SCALE):
        raise ReelhouseError(
            f"{', '.join(given)} takes the splits of the source, which does not name both train and"
            " test rows: name another protocol"
        )


def _is_false(query: str, table: str) -> bool:
    """Return whether a query of a table is false; False if the lake does not have the table."""
    if table not in _tables():
        return False
    with LakeSession(lake_folder(), catalog=BUILD) as session:
        return not session.scalar(query)


def _print_comparison(protocol: str) -> None:
    from reelhouse.lake.print_query import print_query

    with LakeSession(lake_folder()) as session:
        literal = text_literal(protocol)
        skipped = session.execute(SKIPPED.format(protocol=literal)).fetchall()
        comparison = COMPARISON.format(protocol=literal)
        count = session.scalar(f"select count(*) from ({comparison})")
        if count:
            print_query(session, comparison)
    for algorithms, reason in skipped:
        print(f"skipped {algorithms if count else 'all algorithms'}: {reason}")


def _tables() -> Sequence[str]:
    try:
        return read_catalog(lake_folder(), BUILD).names()
    except NoLakeError:
        return []
