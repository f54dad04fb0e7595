"""Summary at the end of a build: the data, the metrics beside their baselines, and next steps."""

import re
from typing import NamedTuple

from reelhouse.commands.built_lake import open_built_lake
from reelhouse.commands.data_summary import TABLES as DATA_TABLES
from reelhouse.commands.data_summary import data_lines, wrapped
from reelhouse.ingest.given_splits import GIVEN
from reelhouse.lake.cluster import Lake, shown_lake
from reelhouse.lake.evaluations import evaluating_releases
from reelhouse.lake.parameters import text_literal
from reelhouse.lake.release_changes import has_lists, listed_movies
from reelhouse.lake.releases import (
    newest_release,
    previous_release,
    releases_of,
    unpublished_tables,
)
from reelhouse.lake.session import LakeSession
from reelhouse.project import built_protocols, seed_rows
from reelhouse.web.findings import BASELINES, RANKING_BASELINE

WORSE = "worse than "
"""Start of a verdict of model_comparison; the name of the best algorithm follows."""


class Metrics(NamedTuple):
    """Metrics of an algorithm in model_comparison; None for a metric that it does not have."""

    rmse: float | None
    ndcg_at_10: float | None
    rmse_verdict: str | None
    ndcg_at_10_verdict: str | None
    rmse_better_baseline: str | None
    ndcg_at_10_better_baseline: str | None


class Served(NamedTuple):
    """The algorithms that rank and predict, and why; None if no rating is predicted."""

    ranking: str
    ranking_reason: str
    rating: str | None
    rating_reason: str | None


def print_summary() -> None:
    """Print the summary of the lake.

    Raises:
        ReelhouseError: an error of ``open_built_lake``.
    """
    needed = {*DATA_TABLES, "users", "model_comparison", "recommendations", "served_algorithms"}
    with open_built_lake(needed) as session:
        print("\n".join(summary_lines(session)))


def summary_lines(session: LakeSession) -> list[str]:
    """Return the lines of the summary: rows, metrics, warnings, and commands to type next."""
    tables = session.catalog.names()
    protocol = built_protocols()[0]
    compared = dict.fromkeys([*built_protocols(), GIVEN])
    metrics = _metrics(session, protocol)
    served = _served(session)
    return [
        "",
        *data_lines(session),
        f"protocol   {protocol}",
        f"rating     {_rating_line(metrics, served.rating)}",
        f"ranking    {_ranking_line(metrics, served.ranking)}",
        *_reason(served),
        *_warnings({name: _metrics(session, name) for name in compared}, served),
        f"tables     {len(tables)} in {shown_lake(session.lake)}{_release(session.lake)}",
        *_unpublished(session.lake),
        *_changes(session),
        "",
        f'next       make sql Q="select title, score from recommendations {_one_user(session)}"',
        '           make sql Q="select protocol, algorithm, rmse, ndcg_at_10'
        ' from model_comparison order by protocol, ndcg_at_10 desc"',
        "           make docs",
    ]


def _release(lake: Lake) -> str:
    number = newest_release(lake)
    if not number:
        return ""
    evaluation = evaluating_releases(lake).get(number)
    metrics = "" if evaluation in (None, number) else f" with the metrics of release {evaluation}"
    return f", release {number}{metrics}"


def _unpublished(lake: Lake) -> list[str]:
    """Return which tables readers do not see yet, since only a selection of models was built."""
    tables = unpublished_tables(lake)
    if not tables:
        return []
    count = f"{len(tables)} tables have" if len(tables) > 1 else "1 table has"
    return wrapped(
        "newer",
        f"{count} a version that is not published, such as {tables[0]}: `make build` publishes all"
        " tables",
    )


def _changes(session: LakeSession) -> list[str]:
    """Return the number of new recommendations since the previous release, if there is one."""
    releases = releases_of(session.lake)
    before = previous_release(releases, releases[0]) if releases else None
    if before is None or not has_lists(session.lake, before.catalog):
        return []
    new, total = listed_movies(session, before.catalog, releases[0].catalog)
    return wrapped(
        "changes",
        f"{new:,} of {total:,} recommended movies are new since release {before.number}"
        f" (`make history RELEASE={releases[0].number}` has all changes)",
    )


def _served(session: LakeSession) -> Served:
    rows = session.execute("select use, algorithm, reason from served_algorithms").fetchall()
    named = {use: (algorithm, reason) for use, algorithm, reason in rows}
    return Served(*named["ranking"], *named.get("rating", (None, None)))


def _reason(served: Served) -> list[str]:
    """Return why these algorithms rank and predict."""
    reasons = [f"{served.ranking} ranks, since {served.ranking_reason}"]
    if served.rating:
        reasons.append(f"{served.rating} predicts, since {served.rating_reason}")
    return wrapped("chosen", "; ".join(reasons) + " (table served_algorithms)")


def _metrics(session: LakeSession, protocol: str) -> dict[str, Metrics]:
    """Return the metrics of every algorithm that was evaluated under the protocol."""
    columns = ", ".join(Metrics._fields)
    rows = session.execute(
        f"select algorithm, {columns} from model_comparison"
        f" where protocol = {text_literal(protocol)}"
    ).fetchall()
    return {algorithm: Metrics(*values) for algorithm, *values in rows}


def _one_user(session: LakeSession) -> str:
    """Return the end of a query for one user: user 42 if possible, by name if users have names."""
    rows = session.execute(
        "select user_id, source_id from recommendations join users using (user_id)"
        " order by user_id <> 42, user_id limit 1"
    ).fetchall()
    if not rows:  # every user has rated every movie
        return "limit 10"
    user, name = rows[0]
    # The name has to be safe inside the quotes of a shell and of SQL.
    if name == str(user) or not re.fullmatch(r"[\w@.:+ -]{1,30}", name):
        return f"where user_id = {user} order by rank"
    return f"join users using (user_id) where source_id = '{name}' order by rank"


def _rating_line(metrics: dict[str, Metrics], model: str | None) -> str:
    if model is None:
        return "not predicted, since the data has events"
    names = [row["algorithm"] for row in seed_rows("algorithms") if row["family"] in BASELINES]
    errors = {name: metrics[name].rmse for name in names if name in metrics}
    baselines = {name: error for name, error in errors.items() if error is not None}
    best = min(baselines, key=lambda name: baselines[name], default=None)
    if model not in metrics or metrics[model].rmse is None:
        return f"not computed ({model})"
    line = f"RMSE {_figure(metrics, model, 'rmse')} ({model})"
    line += f", best baseline {baselines[best]:.4f} ({best})" if best else ""
    return line + _better_line(metrics, model, "rmse")


def _ranking_line(metrics: dict[str, Metrics], model: str) -> str:
    return (
        f"NDCG@10 {_figure(metrics, model, 'ndcg_at_10')} ({model}), "
        f"{RANKING_BASELINE} {_figure(metrics, RANKING_BASELINE, 'ndcg_at_10')}"
        f"{_better_line(metrics, model, 'ndcg_at_10')}"
    )


def _better_line(metrics: dict[str, Metrics], model: str, name: str) -> str:
    """Return a line that names the best algorithm, if it is significantly better than the model.

    If a baseline is significantly better, return no line, since a warning names the baseline.
    """
    verdict = getattr(metrics.get(model), f"{name}_verdict", None) or ""
    if not verdict.startswith(WORSE) or getattr(metrics[model], f"{name}_better_baseline"):
        return ""
    better = verdict.removeprefix(WORSE)
    var = "rating_algorithm" if name == "rmse" else "ranking_algorithm"
    figure = _figure(metrics, better, name)
    sentence = f"{figure} by {better}, which is significantly better: {_remedy(var, model, better)}"
    return "\n" + "\n".join(wrapped("", sentence))


def _figure(metrics: dict[str, Metrics], algorithm: str, name: str) -> str:
    value: float | None = getattr(metrics.get(algorithm), name, None)
    return "not computed" if value is None else f"{value:.4f}"


def _warnings(compared: dict[str, dict[str, Metrics]], served: Served) -> list[str]:
    """Return a sentence for each served algorithm that is significantly worse than a baseline.

    Args:
        compared: protocol → algorithm → metrics. The sentence names the first protocol under which
            the baseline is better.
        served: the algorithms that rank and predict.
    """
    return [
        *(_warning(compared, served.rating, "rating_algorithm", "rmse") if served.rating else []),
        *_warning(compared, served.ranking, "ranking_algorithm", "ndcg_at_10"),
    ]


def _warning(compared: dict[str, dict[str, Metrics]], model: str, var: str, name: str) -> list[str]:
    """Return the sentence for the served algorithm ``model``; ``var`` can name another one."""
    does, label = ("predicts", "RMSE") if name == "rmse" else ("ranks", "NDCG@10")
    for protocol, metrics in compared.items():
        baseline = getattr(metrics.get(model), f"{name}_better_baseline", None)
        if baseline is None:
            continue
        figures = f"{_figure(metrics, model, name)} against {_figure(metrics, baseline, name)}"
        values = {
            each: getattr(metrics[each], name)
            for each in [*_candidates(var), baseline]
            if each != model and getattr(metrics.get(each), name, None) is not None
        }
        best = (min if name == "rmse" else max)(values, key=lambda each: values[each])
        return wrapped(
            "warning",
            f"{model} {does} significantly worse than the baseline {baseline} under {protocol}"
            f" ({label} {figures}): {_remedy(var, model, best)}",
        )
    return []


def _remedy(var: str, model: str, better: str) -> str:
    """Return what to do if the algorithm ``better`` is better than the served ``model``."""
    remedies = [f"set `{var}: {better}` in dbt_project.yml"] if better in _candidates(var) else []
    if model in {row["algorithm"] for row in seed_rows("parameter_grid")}:
        remedies.append(f"run `make tune ALGORITHM={model}`")
    remedy = " or ".join(remedies) or "change its row in seeds/algorithms.csv"
    return f"{remedy}, and build again"


def _candidates(var: str) -> list[str]:
    """Return the algorithms that ``var`` may name."""
    rows = seed_rows("algorithms")
    if var == "rating_algorithm":
        return [row["algorithm"] for row in rows if row["feedback"] == "explicit"]
    return [row["algorithm"] for row in rows if row["family"] not in ("random", *BASELINES)]
