"""`reelhouse tune`: run trials in batches, and propose new rows of seeds/algorithms.csv."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from difflib import unified_diff
from time import monotonic

from reelhouse.commands.dbt import BuildFailed, exit_code, run_dbt
from reelhouse.commands.write_lock import refuse_second_writer
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import lake_folder, read_catalog
from reelhouse.lake.session import LakeSession
from reelhouse.paths import ROOT
from reelhouse.project import project_vars, seed_rows
from reelhouse.setup.java import find_java

SEED = ROOT / "seeds" / "algorithms.csv"
BATCH_SECONDS = 20
BEST = """
    select b.algorithm, b.parameters, b.iterations, b.metric, b.error, b.trial_count,
        list((t.parameters, t.error))
    from best_parameters b join tuning_trials t using (algorithm, inputs)
    where b.is_newest group by all order by b.algorithm
"""


def tune(algorithms: Sequence[str], draws: int, apply: bool) -> None:
    """Run the missing trials, and print or write the rows of the best parameters.

    Args:
        algorithms: names in seeds/algorithms.csv; all tunable algorithms if empty.
        draws: random draws of parameters; 0 for the grid of seeds/parameter_grid.csv.
        apply: whether to write the proposed rows to seeds/algorithms.csv.

    Raises:
        ReelhouseError: nothing was built yet, an algorithm is unknown, or a trial fails.
    """
    if "rating_splits" not in read_catalog(lake_folder()).names():
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
    _run(["path:seeds", "int_tuning_ratings", "int_fit_plan"], variables)
    before = count = _trials_in_lake()
    while True:
        print(f"trials for {BATCH_SECONDS} s or more … ", end="", flush=True)
        earlier, count = count, _run_batch(variables)
        new = count - before
        print(f"{count} trials, {new} of them new, {monotonic() - began:.0f} s", flush=True)
        if count == earlier:
            break
    _propose_rows(apply, algorithms, draws)


def _check_protocol() -> None:
    """Refuse a protocol whose validation rows cannot give a validation error."""
    protocol = project_vars()["tuning_protocol"]
    rows = {row["protocol"]: row for row in seed_rows("protocols")}
    with LakeSession(lake_folder()) as session:
        count = session.scalar(
            "select count(distinct split) from rating_splits where protocol = "
            f"'{protocol}' and fold = 0 and split in ('train', 'validation')"
        )
    if count < 2 or rows[protocol]["split_by"] == "user":
        raise ReelhouseError(
            f"the var tuning_protocol in dbt_project.yml is {protocol}: name one of the var"
            " protocols that has train and validation rows of the same users, such as random"
        )


def _run_batch(variables: dict[str, object]) -> int:
    """Run one more batch; return the number of trials in the lake."""
    _run(["int_tuning_trials+"], variables)
    return _trials_in_lake()


def _trials_in_lake() -> int:
    with LakeSession(lake_folder()) as session:
        if "tuning_trials" not in session.catalog.names():
            return 0
        return int(session.scalar("select count(*) from tuning_trials"))


def _run(selected: list[str], variables: dict[str, object]) -> None:
    options = ["--vars", json.dumps(variables), "--select", *selected]
    code = exit_code(run_dbt(["build", "--exclude-resource-type", "unit_test", "test", *options]))
    if code != 0:
        raise BuildFailed(code)


def _propose_rows(apply: bool, algorithms: Sequence[str], draws: int) -> None:
    """Print the best trials and the changes of seeds/algorithms.csv; write them with ``apply``."""
    with LakeSession(lake_folder()) as session:
        best = session.execute(BEST).fetchall()
    before = SEED.read_text(encoding="utf-8-sig")
    rows = {row["algorithm"]: row for row in seed_rows("algorithms")}
    tried: set[str] = set()
    print("\non the validation rows:")
    for algorithm, parameters, iterations, metric, error, count, trials in best:
        if algorithms and algorithm not in algorithms:
            continue
        tried.add(algorithm)
        row = rows.get(algorithm, {})
        current = [trial_error for values, trial_error in trials if _row_has(row, values)]
        figures = [e if metric == "rmse" else 1 - e for e in (error, *current)]
        present = f" (now {figures[1]:.4f})" if current else ""
        print(
            f"{algorithm:14} {metric} {figures[0]:.4f}{present}, best of {count} trials:"
            f" {parameters}"
        )
        if algorithm not in rows:
            continue
        if current[:1] != [error]:
            rows[algorithm] |= {
                name: f"{value:g}" for name, value in json.loads(parameters).items()
            }
        if iterations is not None:
            rows[algorithm]["iterations"] = str(iterations)
    requested = set(algorithms) or {row["algorithm"] for row in seed_rows("parameter_grid")}
    for name in sorted(requested - tried):
        print(
            f"{name:14} no trial, since the data is too large, or since it is disabled or has no"
            " row in seeds/parameter_grid.csv"
        )
    text = io.StringIO()
    columns = list(next(iter(rows.values())))
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.values())
    changes = list(
        unified_diff(before.splitlines(), text.getvalue().splitlines(), n=0, lineterm="")
    )[2:]
    if not changes:
        print("\nseeds/algorithms.csv has the best parameters already" if tried else "")
        return
    print("\n" + "\n".join(line for line in changes if not line.startswith("@@")))
    if apply:
        SEED.write_text(text.getvalue(), encoding="utf-8")
        print("\nwritten: seeds/algorithms.csv; `make build` fits the new parameters")
    else:
        chosen = f' ALGORITHM="{" ".join(algorithms)}"' if algorithms else ""
        drawn = f" DRAWS={draws}" if draws else ""
        print(f"\n`make tune{chosen}{drawn} APPLY=yes` writes these rows to seeds/algorithms.csv")


def _row_has(row: dict[str, str], parameters: str) -> bool:
    """Return whether a row of seeds/algorithms.csv has the parameters of a trial."""
    values = json.loads(parameters)
    return all(row.get(name) and float(row[name]) == value for name, value in values.items())
