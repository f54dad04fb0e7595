"""Draw the plots of docs/tutorial.md and docs/tutorial.fr.md from the lake of a default build.

Run as ``.venv/bin/python docs/tutorial_plots.py`` after ``make build``. A test runs the queries
again and compares their rows with those that are stored in the files.
"""

from __future__ import annotations

import io
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter, ScalarFormatter
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from reelhouse.lake.catalog import lake_folder
from reelhouse.lake.session import LakeSession
from reelhouse.web.drawings import COLOURS, MARKERS

FOLDER = Path(__file__).with_name("tutorial_pictures")
LANGUAGES = {
    "en": {"decimal": ".", "thousands": ","},
    "fr": {"decimal": ",", "thousands": "\u00a0"},
}
"""Language → the characters in its numbers."""
DARK, BLUE, PALE, WARM = "#1f2933", "#1f6f8b", "#b8c4ce", "#D55E00"
SHADES = "YlGnBu"
RC: dict[Any, Any] = {
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), DARK),
    "axes.edgecolor": DARK,
    "legend.frameon": False,
}
COLOUR_COUNT = 96
"""Colours of a file; fewer make it smaller."""

Rows = list[tuple[Any, ...]]


Texts = dict[str, str]


class Plot(NamedTuple):
    """A plot of docs/tutorial_pictures/plots.toml."""

    sql: str
    draw: str
    """Key of the function in ``DRAW``."""
    en: Texts
    fr: Texts


def main() -> None:
    """Read the lake that REELHOUSE_LAKE names, and write the files."""
    with LakeSession(lake_folder()) as session:
        for number, plot in enumerate(plots(), start=1):
            rows = session.execute(plot.sql).fetchall()
            for language in LANGUAGES:
                texts = getattr(plot, language) | LANGUAGES[language]
                write(file_of(number, language), plot, rows, texts)


def plots() -> list[Plot]:
    """Return the plots in the order of the chapters."""
    with (FOLDER / "plots.toml").open("rb") as file:
        return [Plot(**plot) for plot in tomllib.load(file)["plots"]]


def file_of(number: int, language: str) -> Path:
    """Return the file with the plot of a chapter."""
    return FOLDER / f"{number}.{language}.png"


def stored_rows(file: Path) -> list[list[Any]]:
    """Return the rows that a file shows."""
    with Image.open(file) as image:
        rows: list[list[Any]] = json.loads(image.info["rows"])
    return rows


def write(file: Path, plot: Plot, rows: Rows, texts: Texts) -> None:
    """Draw a plot into a PNG file, with the rows as its metadata."""
    drawn = io.BytesIO()
    with mpl.rc_context(RC):
        figure = Figure(figsize=(7.4, 3.5), dpi=125, layout="constrained", facecolor="white")
        DRAW[plot.draw](figure, rows, texts)
        for axes in figure.axes:
            _write_decimals(axes, texts)
        figure.savefig(drawn)
    info = PngInfo()
    info.add_text("rows", json.dumps([[_short(value) for value in row] for row in rows]), zip=True)
    with Image.open(drawn) as image:
        small = image.convert("RGB").quantize(COLOUR_COUNT, dither=Image.Dither.NONE)
    small.save(file, optimize=True, pnginfo=info)
    print(f"written: {file} ({file.stat().st_size / 1000:.0f} kB)")


def _short(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _write_decimals(axes: Axes, texts: Texts) -> None:
    """Write the numbers at the axes as the language does."""
    for axis in (axes.xaxis, axes.yaxis):
        if isinstance(axis.get_major_formatter(), ScalarFormatter):
            axis.set_major_formatter(lambda value, _: _decimal(f"{value:g}", texts))


def _decimal(number: str, texts: Texts) -> str:
    return number.replace(".", texts["decimal"])


def _counts(texts: Texts) -> FuncFormatter:
    return FuncFormatter(lambda value, _: f"{value:,.0f}".replace(",", texts["thousands"]))


def _matrices(figure: Figure, rows: Rows, texts: Texts) -> None:
    users, movies = (list(dict.fromkeys(row[place] for row in rows)) for place in (0, 1))
    known, predicted = (
        np.array([np.nan if row[place] is None else row[place] for row in rows], float)
        for place in (2, 3)
    )
    both = figure.subplots(1, 2, sharey=True)
    titles = (texts["known"], texts["product"])
    for axes, values, title in zip(both, (known, predicted), titles, strict=True):
        cells = values.reshape(len(users), len(movies))
        image = axes.imshow(cells, cmap=SHADES, vmin=1, vmax=5, aspect="auto")
        for (line, column), value in np.ndenumerate(cells):
            if not np.isnan(value):
                shown = f"{value:.1f}".removesuffix(".0") if values is known else f"{value:.1f}"
                ink = "white" if value > 3.4 else DARK
                shown = _decimal(shown, texts)
                axes.text(column, line, shown, ha="center", va="center", size=7, color=ink)
        axes.set_title(title)
        axes.set_xticks(range(len(movies)), movies, rotation=40, ha="right", size=8)
        axes.set_yticks(range(len(users)), map(texts["user"].format, users), size=8)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
    figure.colorbar(image, ax=both, label=texts["colour"], fraction=0.03)


def _ages(figure: Figure, rows: Rows, texts: Texts) -> None:
    axes = figure.subplots()
    decades = sorted({row[0] for row in rows})
    below = np.zeros(len(decades))
    for gender, colour in (("M", BLUE), ("F", "#E69F00")):
        counts = {decade: count for decade, each, count in rows if each == gender}
        heights = np.array([counts.get(decade, 0) for decade in decades], float)
        names = [f"{decade}-{decade + 9}" for decade in decades]
        axes.bar(names, heights, bottom=below, color=colour, label=texts[gender])
        below += heights
    axes.set(title=texts["title"], xlabel=texts["x"], ylabel=texts["y"])
    axes.legend()


def _tables(figure: Figure, rows: Rows, texts: Texts) -> None:
    axes = figure.subplots()
    names, counts = [row[1] for row in rows], [row[2] for row in rows]
    axes.barh(names, counts, color=BLUE, log=True)
    for place, count in enumerate(counts):
        label = f"{count:,}".replace(",", texts["thousands"])
        axes.text(count * 1.1, place, label, va="center", size=9)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(_counts(texts))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(title=texts["title"], xlabel=texts["x"], xlim=(10, max(counts) * 6))


def _tail(figure: Figure, rows: Rows, texts: Texts) -> None:
    axes = figure.subplots()
    deciles, shares = [row[0] for row in rows], [row[1] for row in rows]
    axes.bar(deciles, np.diff([0, *shares]), color=PALE, label=texts["one"])
    axes.plot(deciles, shares, color=BLUE, marker="o", label=texts["sum"])
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set(title=texts["title"], xlabel=texts["x"], ylabel=texts["y"], xticks=deciles)
    axes.legend(loc="center right")


def _years(figure: Figure, rows: Rows, texts: Texts) -> None:
    axes = figure.subplots()
    axes.bar([row[0] for row in rows], [row[1] for row in rows], color=BLUE)
    axes.set(title=texts["title"], xlabel=texts["x"], ylabel=texts["y"])


def _density(figure: Figure, rows: Rows, texts: Texts) -> None:
    axes = figure.subplots()
    cells = np.zeros((10, 10))
    for user_decile, movie_decile, share in rows:
        cells[user_decile - 1, movie_decile - 1] = share
    image = axes.imshow(cells, cmap=SHADES, vmin=0, aspect="auto")
    for (line, column), value in np.ndenumerate(cells):
        ink = "white" if value > cells.max() / 2 else DARK
        axes.text(column, line, f"{value:.0%}".replace("%", ""), ha="center", va="center",
                  size=8, color=ink)  # fmt: skip
    axes.set(title=texts["title"], xlabel=texts["x"], ylabel=texts["y"])
    axes.set_xticks(range(10), map(str, range(1, 11)))
    axes.set_yticks(range(10), map(str, range(1, 11)))
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, format=PercentFormatter(1, symbol=" %"), fraction=0.04)


def _lines(figure: Figure, rows: Rows, texts: Texts) -> None:
    """Draw a line for each name in the first column."""
    axes = figure.subplots()
    for place, name in enumerate(dict.fromkeys(row[0] for row in rows)):
        points = [row[1:] for row in rows if row[0] == name]
        axes.plot(
            *zip(*points, strict=True),
            color=COLOURS[place],
            marker=MARKERS[place % len(MARKERS)],
            markersize=4,
            label=texts.get("name", "{}").format(_decimal(str(name), texts)),
        )
    axes.set(title=texts["title"], xlabel=texts["x"], ylabel=texts["y"])
    axes.legend()
    _mark_cutoffs(axes, rows, texts)


def _mark_cutoffs(axes: Axes, rows: Rows, texts: Texts) -> None:
    """Write k beside the points of the first line, if the texts name k."""
    if "k" in texts:
        for k, (_, x, y) in zip((5, 10, 20), rows, strict=False):
            axes.annotate(texts["k"].format(k), (x, y), (5, 5), textcoords="offset points", size=8)
        axes.set_xlim(0)
        axes.set_ylim(0, 1.1 * max(precision for _, _, precision in rows))


def _genres(figure: Figure, rows: Rows, texts: Texts) -> None:
    axes = figure.subplots()
    places = np.arange(len(rows))
    for shift, column, colour, key in ((-0.2, 1, PALE, "liked"), (0.2, 2, BLUE, "listed")):
        axes.bar(places + shift, [row[column] for row in rows], 0.4, color=colour, label=texts[key])
    axes.set_xticks(places, [row[0] for row in rows], rotation=30, ha="right")
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set(title=texts["title"], ylabel=texts["y"])
    axes.legend()


DRAW: dict[str, Callable[[Figure, Rows, Texts], None]] = {
    "matrices": _matrices,
    "ages": _ages,
    "tables": _tables,
    "tail": _tail,
    "years": _years,
    "density": _density,
    "lines": _lines,
    "genres": _genres,
}


if __name__ == "__main__":
    main()
