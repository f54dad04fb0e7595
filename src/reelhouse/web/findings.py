"""The words at the top of the report: the best algorithm, by how much, and for whom it fails."""

from __future__ import annotations

from typing import Any, NamedTuple

from reelhouse.lake.parameters import text_literal
from reelhouse.lake.session import LakeSession
from reelhouse.project import seed_rows

RANKING_BASELINE = "popularity"
BASELINES = ("mean", "bias")
"""Families of the algorithms that are baselines of predicted ratings."""
SIMILAR = "not significantly worse"
"""Start of a verdict of model_comparison."""


class Finding(NamedTuple):
    """A finding: a title, a figure, and sentences about them, with code between backticks."""

    title: str
    figure: str
    text: str


def compared_query(protocol: str) -> str:
    """Return the query of the table of all algorithms, those of one protocol first."""
    return f"""
        select protocol, algorithm, rmse, rmse_verdict, ndcg_at_10, ndcg_at_10_verdict,
        recall_at_20, catalogue_coverage_at_10, skipped_because from model_comparison
        order by protocol = {text_literal(protocol)} desc, protocol, ndcg_at_10 desc nulls last,
        rmse, algorithm
    """


def findings(session: LakeSession, protocol: str) -> list[Finding]:
    """Return the most important findings, as far as the lake has their metrics."""
    compared = session.rows(f"from model_comparison where protocol = {text_literal(protocol)}")
    ranked = sorted(
        (row for row in compared if row["ndcg_at_10"] is not None),
        key=lambda row: -row["ndcg_at_10"],
    )
    predicted = sorted(
        (row for row in compared if row["rmse"] is not None), key=lambda row: row["rmse"]
    )
    return [
        *(_lists(ranked) if ranked else []),
        *(_failures(session, protocol, ranked[0]) if ranked else []),
        *(_predictions(predicted) if predicted else []),
        *_other_protocols(session, protocol),
    ]


def _lists(ranked: list[dict[str, Any]]) -> list[Finding]:
    best = ranked[0]
    text = f"`{best['algorithm']}` makes the best lists (NDCG@10{_interval(best, 'ndcg_at_10')})."
    similar = [
        f"`{row['algorithm']}`"
        for row in ranked[1:]
        if (row["ndcg_at_10_verdict"] or "").startswith(SIMILAR)
    ]
    if similar:
        text += f" {_listed(similar)} {'is' if len(similar) == 1 else 'are'} {SIMILAR}."
    baseline = next((row for row in ranked[1:] if row["algorithm"] == RANKING_BASELINE), None)
    if baseline:
        text += f" The most popular movies reach {baseline['ndcg_at_10']:.3f}."
    return [Finding("Lists", f"{best['ndcg_at_10']:.3f}", text)]


def _failures(session: LakeSession, protocol: str, best: dict[str, Any]) -> list[Finding]:
    """Say how many users have no hit, and which decile has the worst lists."""
    if best["hit_rate_at_10"] is None:
        return []
    text = (
        "of the users liked none of the first ten movies that"
        f" `{best['algorithm']}` lists for them, as far as the test rows say."
    )
    deciles = session.execute(
        f"""select decile, value from metrics_by_decile where protocol = {text_literal(protocol)}
        and algorithm = {text_literal(best["algorithm"])} and side = 'user'
        and metric = 'ndcg_at_10' and decile > 0 and value is not null order by value"""
    ).fetchall()
    if len(deciles) > 1:
        (worst, low), (top, high) = deciles[0], deciles[-1]
        text += (
            f" By activity, decile {worst} of the users has the worst lists (NDCG@10 {low:.3f}),"
            f" and decile {top} the best ({high:.3f}); decile 10 is the most active."
        )
    return [Finding("For whom it fails", f"{100 * (1 - best['hit_rate_at_10']):.0f} %", text)]


def _predictions(predicted: list[dict[str, Any]]) -> list[Finding]:
    best = predicted[0]
    text = f"`{best['algorithm']}` predicts ratings best (RMSE{_interval(best, 'rmse')})."
    names = {row["algorithm"] for row in seed_rows("algorithms") if row["family"] in BASELINES}
    other = next((row for row in predicted if row["algorithm"] not in names), None)
    baseline = next((row for row in predicted[1:] if row["algorithm"] in names), None)
    if best["algorithm"] in names:
        text += " This is a baseline, so the data shows little of who likes what."
        if other:
            text += f" The best other algorithm is `{other['algorithm']}` ({other['rmse']:.3f})."
    elif baseline:
        share = 100 * (1 - best["rmse"] / baseline["rmse"])
        text += (
            f" That is {share:.1f} % less than the error of the best baseline,"
            f" `{baseline['algorithm']}` ({baseline['rmse']:.3f})."
        )
    return [Finding("Predicted ratings", f"{best['rmse']:.3f}", text)]


def _other_protocols(session: LakeSession, protocol: str) -> list[Finding]:
    best = session.execute(
        f"""select protocol, max_by(algorithm, ndcg_at_10), max(ndcg_at_10) from model_comparison
        where protocol <> {text_literal(protocol)} and ndcg_at_10 is not null
        group by protocol order by 1"""
    ).fetchall()
    return [
        Finding(
            f"Protocol {other}",
            f"{value:.3f}",
            f"is the best NDCG@10 if `{other}` chooses the test rows. `{algorithm}` reaches it.",
        )
        for other, algorithm, value in best
    ]


def _interval(row: dict[str, Any], name: str) -> str:
    lower, upper = row[f"{name}_ci_lower"], row[f"{name}_ci_upper"]
    return "" if lower is None else f", 95 % interval {lower:.3f} to {upper:.3f}"


def _listed(texts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))
