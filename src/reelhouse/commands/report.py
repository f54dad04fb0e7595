"""`reelhouse report`: write the evaluation as one static HTML page. Each plot shows its SQL."""

from __future__ import annotations

import html
import io
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from reelhouse.commands.built_lake import open_built_lake
from reelhouse.commands.data_summary import kept_rows
from reelhouse.lake.session import LakeSession
from reelhouse.paths import ROOT, shown
from reelhouse.project import built_protocols

PAGE = ROOT / "target" / "report.html"
TEMPLATE = Path(__file__).with_suffix(".html")
# People with any kind of colour blindness can distinguish these colours (Okabe & Ito 2008).
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000", "#999999"]
BEST_ALGORITHMS = """select algorithm from model_comparison
        where protocol = '{protocol}' and ndcg_at_10 is not null order by ndcg_at_10 desc limit 6"""

QueryRows = list[tuple[Any, ...]]


class Plot(NamedTuple):
    """A plot: its title, its caption, its query, and the function that draws the rows."""

    title: str
    caption: str
    sql: str
    draw: Callable[[Axes, QueryRows], None]
    needs_ratings: bool = False
    """Whether the plot is left out if the data has events."""


def write_report() -> None:
    """Write target/report.html.

    Raises:
        ReelhouseError: an error of ``open_built_lake``.
    """
    protocol = built_protocols()[0]
    with open_built_lake(["model_comparison", "tuning_trials"]) as session:
        count, word = kept_rows(session)
        placeholders = {"protocol": protocol, "best": BEST_ALGORITHMS.format(protocol=protocol)}
        plots = [
            plot._replace(sql=plot.sql.format(**placeholders))
            for plot in PLOTS
            if word == "ratings" or not plot.needs_ratings
        ]
        sections = [_section(plot, session.execute(plot.sql).fetchall()) for plot in plots]
        table = _table(session, protocol)
        name = session.scalar("select data from raw_files")
    PAGE.parent.mkdir(exist_ok=True)
    page = Template(TEMPLATE.read_text(encoding="utf-8"))
    described = html.escape(f"{name}: {count:,} {word}, in the lake at {shown(session.lake)}")
    text = page.substitute(
        data=described, protocol=protocol, sections="\n".join(sections), table=table
    )
    PAGE.write_text(text, encoding="utf-8")
    print(f"written: {shown(PAGE)}, a page for any browser")


def _section(plot: Plot, rows: QueryRows) -> str:
    if rows:
        with mpl.rc_context({"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10}):
            figure = Figure(figsize=(8, 4.2), layout="constrained")
            axes = figure.subplots()
            axes.set_prop_cycle(color=COLOURS)
            axes.spines[["top", "right"]].set_visible(False)
            plot.draw(axes, rows)
            image = io.StringIO()
            figure.savefig(image, format="svg", metadata={"Date": None})
        drawn = image.getvalue()[image.getvalue().index("<svg") :]
    else:
        drawn = "<p>Nothing to draw yet.</p>"
    query = html.escape("\n".join(line.strip() for line in plot.sql.strip().splitlines()))
    return (
        f"<section><h2>{html.escape(plot.title)}</h2><p>{html.escape(plot.caption)}</p>\n{drawn}\n"
        f"<details><summary>SQL</summary><pre>{query}</pre></details></section>"
    )


def _table(session: LakeSession, protocol: str) -> str:
    found = session.execute(
        "select protocol, algorithm, rmse, rmse_verdict, ndcg_at_10, ndcg_at_10_verdict,"
        " recall_at_20, catalogue_coverage_at_10, skipped_because from model_comparison"
        f" order by protocol = '{protocol}' desc, protocol, ndcg_at_10 desc nulls last, algorithm"
    )
    heads = "".join(f"<th>{html.escape(name)}</th>" for name, *_ in found.description)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>"
        for row in found.fetchall()
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody></table>"


def _cell(value: Any) -> str:
    return (
        "" if value is None else f"{value:.4f}" if isinstance(value, float) else html.escape(value)
    )


def _intervals(axes: Axes, rows: QueryRows) -> None:
    for place, (_, value, lower, upper) in enumerate(reversed(rows)):
        error = None if lower is None else [[value - lower], [upper - value]]
        axes.errorbar(value, place, xerr=error, fmt="o", color=COLOURS[0], capsize=3)
        axes.text(value, place + 0.2, f"{value:.4f}", ha="center", fontsize=8)
    axes.set_yticks(range(len(rows)), [row[0] for row in reversed(rows)])
    axes.set_xlabel("RMSE, rating points")


def _precision_and_recall(axes: Axes, rows: QueryRows) -> None:
    for name, points in _grouped(rows).items():
        axes.plot([p[2] for p in points], [p[1] for p in points], marker="o", label=name)
        for k, precision, recall in points:
            axes.annotate(f"{k}", (recall, precision), (4, 3), textcoords="offset points", size=7)
    axes.set(xlabel="recall at k", ylabel="precision at k")
    axes.legend(frameon=False)


def _coverage(axes: Axes, rows: QueryRows) -> None:
    for place, (names, coverage, ndcg) in enumerate(rows):
        axes.semilogx(coverage, ndcg, "o", color=COLOURS[0])
        # Labels are on the left and right in turn, so that neighbours do not overlap.
        side, gap = ("left", 6) if place % 2 else ("right", -6)
        axes.annotate(
            names, (coverage, ndcg), (gap, -3), textcoords="offset points", ha=side, size=8
        )
    axes.margins(x=0.2)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set(xlabel="share of the catalogue in at least one list", ylabel="NDCG@10")


def _losses(axes: Axes, rows: QueryRows) -> None:
    for name, points in _grouped(rows).items():
        first = points[0][1] or 1  # a perfect fit has the objective 0 from the start
        axes.plot([p[0] for p in points], [p[1] / first for p in points], marker=".", label=name)
    axes.set(xlabel="iteration", ylabel="objective / its first value")
    axes.legend(frameon=False)


def _trials(axes: Axes, rows: QueryRows) -> None:
    names = list(_grouped(rows))
    for name, points in _grouped(rows).items():
        best = min(error for _, error in points)
        axes.semilogx(
            [reg for reg, _ in points],
            [(error - best) / (best or 1) for _, error in points],
            "o",
            alpha=0.7,
            label=f"{name} (best {best:.4f})",
            color=COLOURS[names.index(name) % len(COLOURS)],
        )
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set(xlabel="reg", ylabel="validation error above the best trial")
    axes.legend(frameon=False)


def _bars(axes: Axes, rows: QueryRows) -> None:
    axes.bar([f"{value:g}" for value, _ in rows], [count for _, count in rows], color=COLOURS[0])
    axes.set(xlabel="rating", ylabel="ratings")


def _tails(axes: Axes, rows: QueryRows) -> None:
    for name, points in _grouped(rows).items():
        axes.loglog([p[0] for p in points], [p[1] for p in points], label=name)
    axes.set(xlabel="rank of the user or movie", ylabel="interactions")
    axes.legend(frameon=False)


def _deciles(axes: Axes, rows: QueryRows) -> None:
    for name, points in _grouped(rows).items():
        axes.plot([p[0] for p in points], [p[1] for p in points], marker="o", label=name)
    axes.set(xlabel="decile of users", ylabel="NDCG@10", xticks=range(1, 11))
    axes.legend(frameon=False)


def _grouped(rows: QueryRows) -> dict[str, QueryRows]:
    groups: dict[str, QueryRows] = {}
    for name, *rest in rows:
        groups.setdefault(name, []).append(tuple(rest))
    return groups


PLOTS = [
    Plot(
        "Error of predicted ratings",
        "Root mean squared error on the test rows, with its 95 % confidence interval over users.",
        """select algorithm, rmse, rmse_ci_lower, rmse_ci_upper from model_comparison
        where protocol = '{protocol}' and rmse is not null order by rmse""",
        _intervals,
        needs_ratings=True,
    ),
    Plot(
        "Precision and recall of lists",
        "Lists of 5, 10 and 20 movies, chosen among all movies, of the six algorithms with the best"
        " NDCG@10.",
        """select algorithm, k, max(value) filter (metric = 'precision'),
        max(value) filter (metric = 'recall')
        from ranking_metrics where protocol = '{protocol}' and algorithm in ({best})
        group by algorithm, k order by algorithm, k""",
        _precision_and_recall,
    ),
    Plot(
        "Accuracy against coverage",
        "NDCG@10, and the share of all movies that are in the first ten of at least one list.",
        """select string_agg(algorithm, ', ' order by algorithm), catalogue_coverage_at_10,
        ndcg_at_10 from model_comparison where protocol = '{protocol}' and ndcg_at_10 is not null
        group by all order by ndcg_at_10""",
        _coverage,
    ),
    Plot(
        "Accuracy by activity of the user",
        "NDCG@10 of the users in each decile by number of interactions (10 has the most), for the"
        " six algorithms with the best NDCG@10.",
        """select algorithm, decile, value from metrics_by_decile
        where protocol = '{protocol}' and side = 'user' and metric = 'ndcg_at_10' and decile > 0
        and value is not null and algorithm in ({best}) order by algorithm, decile""",
        _deciles,
    ),
    Plot(
        "Loss of the ALS fits",
        "The objective after each iteration, divided by the objective after the first iteration.",
        """select algorithm, iteration, loss from fit_iterations
        where protocol = '{protocol}' and fold = 0 and loss is not null
        order by algorithm, iteration""",
        _losses,
    ),
    Plot(
        "Trials of the tuner",
        "Validation error (RMSE, or 1 - NDCG@10) of each trial, and its regularisation (reg). The"
        " table best_parameters has all parameters of the best trials.",
        """select algorithm, cast(json_extract_string(t.parameters, '$.reg') as double) as reg,
        t.error from tuning_trials t join best_parameters b
        using (algorithm, inputs, defaults)
        where b.is_newest and reg is not null order by algorithm, reg""",
        _trials,
    ),
    Plot(
        "Ratings",
        "Number of ratings of each value.",
        "select rating, rating_count from rating_distribution where rating is not null"
        " order by rating",
        _bars,
        needs_ratings=True,
    ),
    Plot(
        "Long tails",
        "Number of interactions of each user and of each movie, in descending order.",
        """select 'users' as side, row_number() over (order by rating_count desc), rating_count
        from users where rating_count > 0 union all
        select 'movies', row_number() over (order by rating_count desc), rating_count
        from movies where rating_count > 0 order by 1, 2""",
        _tails,
    ),
]
