"""What a build ends with: a few lines read from the lake, without a JVM."""

import re
from typing import NamedTuple

from reelhouse.data_summary import TABLES as DATA_TABLES
from reelhouse.data_summary import data_lines
from reelhouse.errors import ReelhouseError
from reelhouse.lake import lake_folder
from reelhouse.paths import shown
from reelhouse.project import project_vars, seed_rows
from reelhouse.query import LakeSession

RANKING_BASELINE = "popularity"
BASELINES = ("mean", "bias")
"""Families of algorithms that predict a rating without factors."""
WORSE = "worse than "


class Metrics(NamedTuple):
    """A row of model_comparison; None where the algorithm has no such metric."""

    rmse: float | None
    ndcg_at_10: float | None
    rmse_verdict: str | None
    ndcg_at_10_verdict: str | None


def print_summary() -> None:
    """Print the summary of the lake."""
    with LakeSession(lake_folder()) as session:
        print("\n".join(summary_lines(session)))


def summary_lines(session: LakeSession) -> list[str]:
    """Return at most 15 lines: rows, metrics beside their baselines, what to type next."""
    tables = session.catalog.names()
    needed = {*DATA_TABLES, "users", "model_comparison", "recommendations"}
    missing = needed - set(tables)
    if missing:
        raise ReelhouseError(
            f"the lake at {session.lake} has no {', '.join(sorted(missing))}: run `make build`"
        )
    chosen = project_vars()
    columns = ", ".join(Metrics._fields)
    protocol = chosen["protocols"][0]
    rows = session.execute(
        f"select algorithm, {columns} from model_comparison where protocol = '{protocol}'"
    ).fetchall()
    metrics = {algorithm: Metrics(*values) for algorithm, *values in rows}
    return [
        "",
        *data_lines(session),
        f"protocol   {protocol}",
        f"rating     {_rating_line(metrics, chosen['rating_algorithm'])}",
        f"ranking    {_ranking_line(metrics, chosen['ranking_algorithm'])}",
        f"tables     {len(tables)} in {shown(session.lake)}",
        "",
        f'next       make sql Q="select title, score from recommendations {_of_a_user(session)}"',
        '           make sql Q="select protocol, algorithm, rmse, ndcg_at_10'
        ' from model_comparison"',
        "           make docs",
    ]


def _of_a_user(session: LakeSession) -> str:
    """The end of a query for one user: 42 if there, as in README; by name if users have names."""
    rows = session.execute(
        "select user_id, source_id from recommendations join users using (user_id)"
        " order by user_id <> 42, user_id limit 1"
    ).fetchall()
    if not rows:  # everybody has rated every movie
        return "limit 10"
    user, name = rows[0]
    # As plain as it has to be between the quotes of a shell and of SQL.
    if name == str(user) or not re.fullmatch(r"[\w@.:+ -]{1,30}", name):
        return f"where user_id = {user}"
    return f"join users using (user_id) where source_id = '{name}'"


def _rating_line(metrics: dict[str, Metrics], model: str) -> str:
    names = [row["algorithm"] for row in seed_rows("algorithms") if row["family"] in BASELINES]
    errors = {name: metrics[name].rmse for name in names if name in metrics}
    baselines = {name: error for name, error in errors.items() if error is not None}
    best = min(baselines, key=lambda name: baselines[name], default=None)
    line = f"RMSE {_figure(metrics, model, 'rmse')} ({model})"
    line += f", best baseline {baselines[best]:.4f} ({best})" if best else ""
    return line + _surpassed(metrics, model, "rmse")


def _ranking_line(metrics: dict[str, Metrics], model: str) -> str:
    return (
        f"NDCG@10 {_figure(metrics, model, 'ndcg_at_10')} ({model}), "
        f"{RANKING_BASELINE} {_figure(metrics, RANKING_BASELINE, 'ndcg_at_10')}"
        f"{_surpassed(metrics, model, 'ndcg_at_10')}"
    )


def _surpassed(metrics: dict[str, Metrics], model: str, name: str) -> str:
    """A line that names what is better than the model by more than chance, if anything is."""
    verdict = getattr(metrics.get(model), f"{name}_verdict", None) or ""
    if not verdict.startswith(WORSE):
        return ""
    better = verdict.removeprefix(WORSE)
    return f"\n           {_figure(metrics, better, name)} by {better}, which is better here"


def _figure(metrics: dict[str, Metrics], algorithm: str, name: str) -> str:
    value: float | None = getattr(metrics.get(algorithm), name, None)
    return "not computed" if value is None else f"{value:.4f}"
