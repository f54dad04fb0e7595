"""Functions that draw the plots of the report and the explorer."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import MaxNLocator, NullFormatter, PercentFormatter
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

QueryRows = list[tuple[Any, ...]]


class Style(NamedTuple):
    """How a line of a plot looks."""

    color: str
    marker: str


Styles = dict[str, Style]


def styles_of(names: Iterable[str]) -> Styles:
    """Return a style for each name; no two styles are equal.

    Examples
    --------
    >>> from reelhouse.web.drawings import styles_of
    >>> styles_of(["blend", "ease"])["ease"]
    Style(color='#E69F00', marker='o')
    """
    looks = (Style(colour, marker) for marker in cycle(MARKERS) for colour in COLOURS)
    return dict(zip(dict.fromkeys(names), looks, strict=False))


def svg_of(
    draw: Callable[[Axes, QueryRows, Styles], None], rows: QueryRows, styles: Styles, title: str
) -> str:
    """Return a drawing as an SVG element, whose texts have the colour of the page."""
    with mpl.rc_context(RC):
        figure = Figure(figsize=(5.6, 3.9), layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes, rows, styles)
        image = io.StringIO()
        figure.savefig(image, format="svg", transparent=True, metadata={"Date": None})
    svg = image.getvalue()[image.getvalue().index("<svg") :]
    for colour, css in CSS_COLOURS.items():
        svg = svg.replace(colour, css)
    return svg.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)


def draw_intervals(axes: Axes, rows: QueryRows, _styles: Styles) -> None:
    """Draw a value with its interval for each algorithm."""
    for place, (_, value, lower, upper) in enumerate(reversed(rows)):
        error = None if lower is None else [[value - lower], [upper - value]]
        axes.errorbar(value, place, xerr=error, fmt="o", color=INK, capsize=3)
        axes.text(value, place + 0.2, f"{value:.4f}", ha="center", fontsize=8)
    axes.set_yticks(range(len(rows)), [row[0] for row in reversed(rows)])
    axes.set_xlabel("RMSE, rating points")


def draw_precision_and_recall(axes: Axes, rows: QueryRows, styles: Styles) -> None:
    """Draw precision against recall, a line for each algorithm."""
    groups = _grouped(rows, styles)
    for name, points in groups.items():
        axes.plot([p[2] for p in points], [p[1] for p in points], label=name, **_look(styles, name))
    # Lines that nearly coincide would have their labels at the same place.
    for k, precision, recall in next(iter(groups.values())):
        axes.annotate(f"{k}", (recall, precision), (4, 5), textcoords="offset points", size=9)
    axes.margins(0.08)
    axes.set(xlabel="recall at k", ylabel="precision at k")
    axes.legend()


def draw_coverage(axes: Axes, rows: QueryRows, _styles: Styles) -> None:
    """Draw NDCG@10 against the share of the catalogue that is listed."""
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


def draw_losses(axes: Axes, rows: QueryRows, styles: Styles) -> None:
    """Draw the objective after each iteration."""
    for name, points in _grouped(rows, styles).items():
        first = points[0][1] or 1  # a perfect fit has the objective 0 from the start
        shares = [p[1] / first for p in points]
        axes.plot([p[0] for p in points], shares, label=name, **_look(styles, name))
    axes.set(xlabel="iteration", ylabel="objective / its first value")
    axes.legend()


def draw_trials(axes: Axes, rows: QueryRows, styles: Styles) -> None:
    """Draw the validation error of each trial."""
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


def draw_bars(axes: Axes, rows: QueryRows, _styles: Styles) -> None:
    """Draw the number of ratings of each value."""
    axes.bar([f"{value:g}" for value, _ in rows], [count for _, count in rows], color=BAR)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set(xlabel="rating", ylabel="ratings")


def draw_tails(axes: Axes, rows: QueryRows, _styles: Styles) -> None:
    """Draw the numbers of interactions in descending order."""
    for (name, points), line in zip(_grouped(rows, {}).items(), ("-", "--"), strict=False):
        axes.loglog([p[0] for p in points], [p[1] for p in points], line, color=INK, label=name)
    axes.set(xlabel="rank of the user or movie", ylabel="interactions")
    axes.legend()


def draw_deciles(axes: Axes, rows: QueryRows, styles: Styles) -> None:
    """Draw NDCG@10 for each decile of users."""
    for name, points in _grouped(rows, styles).items():
        axes.plot([p[0] for p in points], [p[1] for p in points], label=name, **_look(styles, name))
    axes.set(xlabel="decile of users", ylabel="NDCG@10", xticks=range(1, 11))
    axes.legend()


def draw_calibration(axes: Axes, rows: QueryRows, styles: Styles) -> None:
    """Draw the share of ratings inside of the intervals, for each decile of activity."""
    for name, points in _grouped(rows, styles).items():
        axes.plot([p[0] for p in points], [p[1] for p in points], label=name, **_look(styles, name))
    axes.axhline(0.8, color=INK, linewidth=1, linestyle=":")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set(xlabel="decile of users", xticks=range(1, 11))
    axes.set(ylabel="ratings inside of their interval")
    axes.legend()


def draw_months(axes: Axes, rows: QueryRows, _styles: Styles) -> None:
    """Draw the number of ratings in each month."""
    axes.fill_between([m for m, _ in rows], [n for _, n in rows], color=BAR, alpha=0.35, lw=0)
    axes.plot([m for m, _ in rows], [n for _, n in rows], color=INK)
    axes.set_ylim(bottom=0)
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set(ylabel="ratings")


def draw_genres(axes: Axes, rows: QueryRows, _styles: Styles) -> None:
    """Draw the number of ratings of each genre, with its mean rating if the data has ratings."""
    names = [name for name, *_ in reversed(rows)]
    counts = [count for _, count, _ in reversed(rows)]
    axes.barh(names, counts, color=BAR)
    for place, (_, count, mean) in enumerate(reversed(rows)):
        text = "" if mean is None else f" {mean:.1f}"
        axes.text(count, place, text, va="center", fontsize=8)
    axes.margins(x=0.12, y=0.02)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set(xlabel="ratings, and their mean")


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
