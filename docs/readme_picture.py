"""Draw docs/reelhouse.png, the picture in README.md, from the lake of a default build.

Run as ``.venv/bin/python docs/readme_picture.py`` after ``make build``.
"""

from __future__ import annotations

import json
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reelhouse.lake.catalog import lake_folder
from reelhouse.lake.session import LakeSession

USER = 42
LISTED = 8
OUT = Path(__file__).with_name("reelhouse.png")
DARK, GREY, BLUE, PALE = "#1f2933", "#6b7785", "#1f6f8b", "#b8c4ce"
LIKED = f"""
    select m.title from interactions i join movies m using (movie_id)
    where i.user_id = {USER} order by i.rating desc, m.rating_count desc, m.movie_id limit 3
"""
RECOMMENDED = f"""
    select title, genres, predicted_rating from recommendations
    where user_id = {USER} order by rank limit {LISTED}
"""
COMPARED = """
    select algorithm, ndcg_at_10, ndcg_at_10_ci_lower, ndcg_at_10_ci_upper from model_comparison
    where protocol = 'random' and ndcg_at_10 is not null and ndcg_at_10 > 0.01
    order by ndcg_at_10
"""


def main() -> None:
    """Read the lake that REELHOUSE_LAKE names, and write the picture."""
    with LakeSession(lake_folder()) as session:
        liked = [title for (title,) in session.execute(LIKED).fetchall()]
        recommended = session.execute(RECOMMENDED).fetchall()
        compared = session.execute(COMPARED).fetchall()
    figure = Figure(figsize=(12, 4.6), dpi=150, layout="constrained", facecolor="white")
    figure.get_layout_engine().set(w_pad=0.15, h_pad=0.15, wspace=0.03)
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    _draw_list(left, liked, recommended)
    _draw_comparison(right, compared)
    # A test compares these texts with README.md.
    drawn = {
        "recommended": [[title, f"{rating:.1f}"] for title, _, rating in recommended],
        "ndcg_at_10": {name: f"{value:.3f}" for name, value, *_ in compared},
    }
    figure.savefig(OUT, metadata={"Description": json.dumps(drawn)})
    print(f"written: {OUT}")


def _draw_list(axes: Axes, liked: list[str], rows: list[tuple[str, str, float]]) -> None:
    axes.set(xlim=(-0.02, 1.02), ylim=(LISTED, -1.2))
    axes.axis("off")
    axes.text(0, -0.75, f"Recommended to user {USER}", size=15, weight="bold", color=DARK)
    axes.text(0, -0.25, f"who liked {', '.join(map(_plain, liked))}", size=9.5, color=GREY)
    axes.text(1, -0.75, "predicted rating", size=9.5, color=GREY, ha="right")
    for place, (title, genres, rating) in enumerate(rows):
        y = place + 0.45
        axes.axhline(place - 0.02, color=PALE, linewidth=0.6)
        axes.text(0.0, y, str(place + 1), size=11, color=GREY, va="center")
        axes.text(0.05, y, _plain(title), size=11.5, color=DARK, va="center")
        axes.text(0.5, y, ", ".join((genres or "").split("|")[:3]), size=9, color=GREY, va="center")
        axes.plot([0.86, 0.86 + 0.14 * (rating - 1) / 4], [y + 0.3] * 2, color=BLUE, linewidth=3)
        axes.text(1, y, f"{rating:.1f}", size=11.5, color=DARK, va="center", ha="right")


def _draw_comparison(axes: Axes, rows: list[tuple[str, float, float, float]]) -> None:
    names, values, lowest, highest = zip(*rows, strict=True)
    colours = [BLUE if value == max(values) else PALE for value in values]
    ends = [
        [value - low for value, low in zip(values, lowest, strict=True)],
        [high - value for value, high in zip(values, highest, strict=True)],
    ]
    axes.barh(names, values, color=colours, xerr=ends, ecolor=GREY, error_kw={"linewidth": 1})
    for name, value, high in zip(names, values, highest, strict=True):
        axes.text(high + 0.006, name, f"{value:.3f}", size=9.5, color=DARK, va="center")
    axes.set_title("Quality of the lists (NDCG@10)", loc="left", color=DARK, weight="bold")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False, colors=DARK)
    axes.set_xlim(0, max(highest) * 1.15)


def _plain(title: str) -> str:
    """Return "The Rock (1996)" for MovieLens's "Rock, The (1996)"."""
    name, bracket, year = title.rpartition(" (")
    for article in (", The", ", A", ", An"):
        if name.endswith(article):
            name = f"{article.removeprefix(', ')} {name.removesuffix(article)}"
    return f"{name}{bracket}{year}"


if __name__ == "__main__":
    main()
