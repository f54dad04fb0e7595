"""The plots of the report and the explorer: their queries, and the functions that draw them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import NullFormatter, PercentFormatter
from matplotlib.transforms import Bbox

# The first six are those of Okabe & Ito (2008), which people with any kind of colour blindness can
# distinguish. All can be seen on white and on black.
COLOURS = (
    *("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"),
    *("#8B6BD6", "#8A8A8A", "#A6761D", "#6E9F1E"),
)
MARKERS = ("o", "s", "^", "D")
INK, BAR = "#010203", "#040506"
CSS_COLOURS = {INK: "currentColor", BAR: "var(--bar)"}
"""Colours of the drawing → colours of the page, which differ between light and dark."""
RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    "axes.edgecolor": INK,
    "legend.frameon": False,
}
LABEL_PLACES = [
    (x, y, side)
    for y in (-3, 7, -13, 17, -23)
    for x, side in ((7, "left"), (-7, "right"), (0, "center"))
    if y != -3 or x
]
"""Places of a label beside its point, in points: to the right and up, and its alignment."""

BEST_ALGORITHMS = """select algorithm from model_comparison
        where protocol = '{protocol}' and ndcg_at_10 is not null order by ndcg_at_10 desc limit 6"""

QueryRows = list[tuple[Any, ...]]


class Style(NamedTuple):
    """How a line of a plot looks."""

    color: str
    marker: str


Styles = dict[str, Style]


class Plot(NamedTuple):
    """A plot: its title, its caption, its query, and the function that draws the rows."""

    title: str
    caption: str
    sql: str
    draw: Callable[[Axes, QueryRows, Styles], None]
    needs_ratings: bool = False
    """Whether the plot is left out if the data has events."""
    has_lines: bool = False
    """Whether the plot has a line for each algorithm, whose name is the first column."""


def styles_of(names: Iterable[str]) -> Styles:
    """Return a style for each name; no two styles are equal.

    Examples
    --------
    >>> from reelhouse.web.plots import styles_of
    >>> styles_of(["blend", "ease"])["ease"]
    Style(color='#E69F00', marker='o')
    """
    looks = (Style(colour, marker) for marker in cycle(MARKERS) for colour in COLOURS)
    return dict(zip(dict.fromkeys(names), looks, strict=False))


def drawn(plot: Plot, rows: QueryRows, styles: Styles) -> str:
    """Return a plot as an SVG element, whose texts have the colour of the page."""
    with mpl.rc_context(RC):
        figure = Figure(figsize=(5.6, 3.9), layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        plot.draw(axes, rows, styles)
        image = io.StringIO()
        figure.savefig(image, format="svg", transparent=True, metadata={"Date": None})
    svg = image.getvalue()[image.getvalue().index("<svg") :]
    for colour, css in CSS_COLOURS.items():
        svg = svg.replace(colour, css)
    return svg.replace("<svg", f'<svg role="img" aria-label="{plot.title}"', 1)


def _intervals(axes: Axes, rows: QueryRows, _styles: Styles) -> None:
    for place, (_, value, lower, upper) in enumerate(reversed(rows)):
        error = None if lower is None else [[value - lower], [upper - value]]
        axes.errorbar(value, place, xerr=error, fmt="o", color=INK, capsize=3)
        axes.text(value, place + 0.2, f"{value:.4f}", ha="center", fontsize=8)
    axes.set_yticks(range(len(rows)), [row[0] for row in reversed(rows)])
    axes.set_xlabel("RMSE, rating points")


def _precision_and_recall(axes: Axes, rows: QueryRows, styles: Styles) -> None:
    groups = _grouped(rows, styles)
    for name, points in groups.items():
        axes.plot([p[2] for p in points], [p[1] for p in points], label=name, **_look(styles, name))
    # Lines that nearly coincide would have their labels at the same place.
    for k, precision, recall in next(iter(groups.values())):
        axes.annotate(f"{k}", (recall, precision), (4, 5), textcoords="offset points", size=9)
    axes.margins(0.08)
    axes.set(xlabel="recall at k", ylabel="precision at k")
    axes.legend()


def _coverage(axes: Axes, rows: QueryRows, _styles: Styles) -> None:
    axes.semilogx([row[1] for row in rows], [row[2] for row in rows], "o", color=INK, markersize=5)
    axes.margins(x=0.1, y=0.08)
    axes.set_xlim(right=1.1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel="share of the catalogue in at least one list", ylabel="NDCG@10")
    _label_points(axes, [(coverage, ndcg, names) for names, coverage, ndcg in rows])


def _label_points(axes: Axes, points: list[tuple[float, float, str]]) -> list[Annotation]:
    """Write a label beside each point, where it covers no other label, no point and no edge."""
    assert isinstance(axes.figure, Figure)
    axes.figure.draw_without_rendering()  # decides how large the axes are
    places = axes.transData.transform([point[:2] for point in points])
    taken = [Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in places]
    labels = []
    for x, y, text in points:
        for right, up, side in LABEL_PLACES:
            label = axes.annotate(
                text, (x, y), (right, up), textcoords="offset points", ha=side, size=8
            )
            box = label.get_window_extent()
            is_inside = axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1
            if is_inside and not any(box.overlaps(other) for other in taken):
                break
            label.remove()
        else:
            label = axes.annotate(text, (x, y), (7, -3), textcoords="offset points", size=8)
        taken.append(label.get_window_extent())
        labels.append(label)
    return labels


def _losses(axes: Axes, rows: QueryRows, styles: Styles) -> None:
    for name, points in _grouped(rows, styles).items():
        first = points[0][1] or 1  # a perfect fit has the objective 0 from the start
        shares = [p[1] / first for p in points]
        axes.plot([p[0] for p in points], shares, label=name, **_look(styles, name))
    axes.set(xlabel="iteration", ylabel="objective / its first value")
    axes.legend()


def _trials(axes: Axes, rows: QueryRows, styles: Styles) -> None:
    for name, points in _grouped(rows, styles).items():
        best = min(error for _, error in points)
        axes.semilogx(
            [reg for reg, _ in points],
            [(error - best) / (best or 1) for _, error in points],
            linestyle="",
            label=f"{name} (best {best:.4f})",
            **_look(styles, name),
        )
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set(xlabel="reg", ylabel="validation error above the best trial")
    axes.legend(fontsize=8)


def _bars(axes: Axes, rows: QueryRows, _styles: Styles) -> None:
    axes.bar([f"{value:g}" for value, _ in rows], [count for _, count in rows], color=BAR)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set(xlabel="rating", ylabel="ratings")


def _tails(axes: Axes, rows: QueryRows, _styles: Styles) -> None:
    for (name, points), line in zip(_grouped(rows, {}).items(), ("-", "--"), strict=False):
        axes.loglog([p[0] for p in points], [p[1] for p in points], line, color=INK, label=name)
    axes.set(xlabel="rank of the user or movie", ylabel="interactions")
    axes.legend()


def _deciles(axes: Axes, rows: QueryRows, styles: Styles) -> None:
    for name, points in _grouped(rows, styles).items():
        axes.plot([p[0] for p in points], [p[1] for p in points], label=name, **_look(styles, name))
    axes.set(xlabel="decile of users", ylabel="NDCG@10", xticks=range(1, 11))
    axes.legend()


def _look(styles: Styles, name: str) -> dict[str, Any]:
    """Return the look of a line; lines of better algorithms are above the others."""
    return {
        **styles[name]._asdict(),
        "markersize": 4.5,
        "zorder": 3 - list(styles).index(name) / 99,
    }


def _grouped(rows: QueryRows, styles: Styles) -> dict[str, QueryRows]:
    """Return the rows by their first value, in the order of the styles."""
    groups: dict[str, QueryRows] = {name: [] for name in styles}
    for name, *rest in rows:
        groups.setdefault(name, []).append(tuple(rest))
    return {name: some for name, some in groups.items() if some}


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
        "Lists of k movies, chosen among all movies, of the six algorithms with the best NDCG@10."
        " Numbers beside one line are its values of k; the other lines have the same values in the"
        " same order.",
        """select algorithm, k, max(value) filter (metric = 'precision'),
        max(value) filter (metric = 'recall')
        from ranking_metrics where protocol = '{protocol}' and algorithm in ({best})
        group by algorithm, k order by algorithm, k""",
        _precision_and_recall,
        has_lines=True,
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
        has_lines=True,
    ),
    Plot(
        "Loss of the ALS fits",
        "The objective after each iteration, divided by the objective after the first iteration.",
        """select algorithm, iteration, loss from fit_iterations
        where protocol = '{protocol}' and fold = 0 and loss is not null
        order by algorithm, iteration""",
        _losses,
        has_lines=True,
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
        has_lines=True,
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
