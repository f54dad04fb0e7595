"""`reelhouse tune`: run trials in batches, and print the best parameters."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

from reelhouse.commands.dbt import BuildError, exit_code, run_dbt
from reelhouse.commands.write_lock import refuse_second_writer
from reelhouse.errors import ReelhouseError
from reelhouse.ingest.given_splits import GIVEN
from reelhouse.lake.catalog import BUILD, lake_folder, read_catalog
from reelhouse.lake.parameters import text_literal
from reelhouse.lake.session import LakeSession
from reelhouse.paths import ROOT
from reelhouse.project import project_vars, seed_rows
from reelhouse.setup.java import find_java

BATCH_SECONDS = 20
BEST = """
    select b.algorithm, b.parameters, b.iterations, b.metric, b.error, b.trial_count,
        list((t.parameters, t.error))
    from best_parameters b join tuning_trials t using (algorithm, inputs, defaults)
    where b.is_newest group by all order by b.algorithm
"""


def tune(algorithms: Sequence[str], draws: int) -> None:
    """Run the missing trials, and print the best parameters, which the next build uses.

    Args:
        algorithms: names in seeds/algorithms.csv; all tunable algorithms if empty.
        draws: random draws of parameters; 0 for the grid of seeds/parameter_grid.csv.

    Raises:
        ReelhouseError: nothing was built yet, an algorithm is unknown, or a trial fails.
    """
    if "rating_splits" not in read_catalog(lake_folder(), BUILD).names():
        raise ReelhouseError("the lake has no rating_splits: run `make build` first")
    known = [row["algorithm"] for row in seed_rows("algorithms")]
    unknown = [name for name in algorithms if name not in known]
    if unknown:
        raise ReelhouseError(
            f"no algorithm {', '.join(unknown)} in seeds/algorithms.csv: name one of"
            f" {', '.join(known)}"
        )
    _check_protocol()
    refuse_second_writer()
    find_java()
    os.chdir(ROOT)
    variables = {
        "tuning_batch_seconds": BATCH_SECONDS,
        "tuning_draws": draws,
        "tuning_algorithms": list(algorithms),
    }
    began = monotonic()
    print("starting Spark …", flush=True)
    _run(["path:seeds", "int_tuning_ratings"], variables)
    before = count = _trials_in_lake()
    while True:
        print(f"trials for {BATCH_SECONDS} s or more … ", end="", flush=True)
        earlier, count = count, _run_batch(variables)
        new = count - before
        print(f"{count} trials, {new} of them new, {monotonic() - began:.0f} s", flush=True)
        if count == earlier:
            break
    _print_best_trials(algorithms)


def _check_protocol() -> None:
    """Refuse a ``tuning_protocol`` without train and validation rows of the same users."""
    protocol = project_vars()["tuning_protocol"]
    rows = {row["protocol"]: row for row in seed_rows("protocols")}
    with LakeSession(lake_folder(), catalog=BUILD) as session:
        if protocol == "auto":
            given = f"select count(*) from rating_splits where protocol = '{GIVEN}'"
            protocol = GIVEN if session.scalar(given) else "random"
        count = session.scalar(
            "select count(distinct split) from rating_splits where protocol = "
            f"{text_literal(protocol)} and fold = 0 and split in ('train', 'validation')"
        )
    if count < 2 or rows[protocol]["split_by"] == "user":
        raise ReelhouseError(
            f"the var tuning_protocol in dbt_project.yml is {protocol}: name a protocol that the"
            " lake has, with train and validation rows of the same users, such as random"
        )


def _run_batch(variables: dict[str, object]) -> int:
    """Run one more batch; return the number of trials in the lake."""
    _run(["tuning_trials", "best_parameters"], variables)
    return _trials_in_lake()


def _trials_in_lake() -> int:
    with LakeSession(lake_folder(), catalog=BUILD) as session:
        if "tuning_trials" not in session.catalog.names():
            return 0
        return int(session.scalar("select count(*) from tuning_trials"))


def _run(selected: list[str], variables: dict[str, object]) -> None:
    options = ["--vars", json.dumps(variables), "--select", *selected]
    code = exit_code(run_dbt(["build", "--exclude-resource-type", "unit_test", "test", *options]))
    if code != 0:
        raise BuildError(code)


class Best(NamedTuple):
    """The best trial of an algorithm, and the parameters and errors of all its trials."""

    algorithm: str
    parameters: str
    """JSON."""
    iterations: int | None
    metric: str
    error: float
    trial_count: int
    trials: list[tuple[str, float]]

    def current_errors(self, row: dict[str, str]) -> list[float]:
        """Return the errors of the trials with the parameters of a row of the seed."""
        return [
            error
            for text, error in self.trials
            if all(row.get(n) and float(row[n]) == v for n, v in json.loads(text).items())
        ]


def _print_best_trials(algorithms: Sequence[str]) -> None:
    """Print the best trial of each named algorithm, or of all algorithms if none is named."""
    with LakeSession(lake_folder(), catalog=BUILD) as session:
        found = [Best(*row) for row in session.execute(BEST).fetchall()]
    best = [each for each in found if not algorithms or each.algorithm in algorithms]
    rows = {row["algorithm"]: row for row in seed_rows("algorithms")}
    requested = set(algorithms) or {row["algorithm"] for row in seed_rows("parameter_grid")}
    print("\non the validation rows:")
    for each in best:
        _print_best(each, rows.get(each.algorithm, {}))
    for name in sorted(requested - {each.algorithm for each in best}):
        print(
            f"{name:14} has no trial, because the data is too large or has no ratings, or because"
            " it is disabled or has no row in seeds/parameter_grid.csv"
        )
    if best:
        print("\n`make build` fits these parameters; the table best_parameters has them")


def _print_best(best: Best, row: dict[str, str]) -> None:
    errors = [best.error, *best.current_errors(row)]
    figures = errors if best.metric == "rmse" else [1 - error for error in errors]
    current = f" (with seeds/algorithms.csv {figures[1]:.4f})" if len(figures) > 1 else ""
    print(
        f"{best.algorithm:14} {best.metric} {figures[0]:.4f}{current}, best of"
        f" {best.trial_count} trials: {best.parameters}"
    )
