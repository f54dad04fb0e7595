"""The report: its plots, the words on top, and its tables."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from string import Template

import duckdb
import pyarrow as pa
import pytest
from matplotlib.figure import Figure

from reelhouse.commands import report
from reelhouse.lake.session import LakeSession
from reelhouse.web.drawings import QueryRows, styles_of
from reelhouse.web.findings import compared_query, findings
from reelhouse.web.plots import PLOTS, Plot, plots_of, styles_of_plots
from tests.browser import browsed, needs_chromium
from tests.unit.lakes import build_lake

COVERAGE = [
    *(("movie_mean", 0.0072, 0.0002), ("global_mean, user_mean", 0.0121, 0.0029)),
    *(("random", 0.9952, 0.0061), ("damped_bias", 0.0241, 0.0518), ("svd", 0.0687, 0.0760)),
    *(("als_residual", 0.1061, 0.0619), ("als_explicit", 0.1923, 0.0696)),
    *(("recent_popularity", 0.0386, 0.0924), ("bayesian_mf", 0.2146, 0.1015)),
    *(("popularity", 0.0410, 0.1162), ("item_knn", 0.1917, 0.2755), ("ease", 0.2031, 0.3152)),
    *(("als_implicit", 0.2393, 0.3253), ("als_graded", 0.2369, 0.3377), ("blend", 0.2309, 0.3399)),
]
"""Rows of MovieLens 100k: the points of the four best algorithms nearly coincide."""


def plot_of(title: str) -> Plot:
    return next(plot for plot in PLOTS if plot.title == title)


@pytest.mark.parametrize("title", ["Loss of the ALS fits", "Trials of the tuner"])
def test_a_perfect_fit_is_plotted_too(title: str) -> None:
    axes = Figure().subplots()
    rows: QueryRows = [("als_graded", 1, 0.0), ("als_graded", 2, 0.0), ("svd", 1, 0.5)]
    plot_of(title).draw(axes, rows, styles_of(["als_graded", "svd"]))
    assert list(axes.lines[0].get_ydata()) == [0, 0]


def test_an_algorithm_has_the_same_colour_in_every_plot() -> None:
    results: list[tuple[Plot, QueryRows]] = [
        (plot_of("Accuracy by activity of the user"), [("blend", 1, 0.3), ("als_graded", 1, 0.2)]),
        (plot_of("Loss of the ALS fits"), [("als_explicit", 1, 9.0), ("als_graded", 1, 7.0)]),
    ]
    styles = styles_of_plots(["blend", "ease", "als_graded"], results)
    colours = []
    for plot, rows in results:
        axes = Figure().subplots()
        plot.draw(axes, rows, styles)
        colours.append({line.get_label(): line.get_color() for line in axes.lines})
    assert colours[0]["als_graded"] == colours[1]["als_graded"]
    assert len({*colours[0].values(), *colours[1].values()}) == 3


def test_no_two_of_many_algorithms_look_the_same() -> None:
    names = [f"algorithm_{i}" for i in range(30)]
    assert len(set(styles_of(names).values())) == 30


def test_the_labels_of_near_points_are_apart_and_the_axis_ends_at_the_whole_catalogue() -> None:
    figure = Figure(figsize=(5.6, 3.9), layout="constrained")
    axes = figure.subplots()
    plot_of("Accuracy against coverage").draw(axes, COVERAGE, {})
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == len(COVERAGE)
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    assert 1 < axes.get_xlim()[1] < 1.2


def test_the_lengths_of_lists_are_written_once() -> None:
    axes = Figure().subplots()
    points = [(5, 0.2, 0.2), (10, 0.1, 0.3), (20, 0.05, 0.4)]
    rows: QueryRows = [(name, *point) for name in ("blend", "als_graded") for point in points]
    plot_of("Precision and recall of lists").draw(axes, rows, styles_of(["blend", "als_graded"]))
    assert [text.get_text() for text in axes.texts] == ["5", "10", "20"]


@pytest.mark.parametrize("protocol", ["random", "it's random"])
def test_the_words_name_the_best_algorithms_and_for_whom_they_fail(
    protocol: str, tmp_path: Path
) -> None:
    compared = {
        "protocol": [*[protocol] * 5, "global_time"],
        "algorithm": ["blend", "ease", "popularity", "svd", "damped_bias", "recent_popularity"],
        "ndcg_at_10": [0.34, 0.33, 0.12, 0.08, 0.05, 0.29],
        "ndcg_at_10_ci_lower": [0.32, None, None, None, None, None],
        "ndcg_at_10_ci_upper": [0.36, None, None, None, None, None],
        "ndcg_at_10_verdict": [
            "best",
            "not significantly worse than blend",
            *["worse"] * 3,
            "best",
        ],
        "rmse": [None, None, None, 0.9, 1.0, None],
        "rmse_ci_lower": pa.nulls(6, pa.float64()),
        "rmse_ci_upper": pa.nulls(6, pa.float64()),
        **dict.fromkeys(
            ("rmse_verdict", "recall_at_20", "catalogue_coverage_at_10", "skipped_because"),
            pa.nulls(6, pa.string()),
        ),
        "hit_rate_at_10": [0.77, 0.7, 0.5, 0.3, 0.2, 0.6],
    }
    deciles = {
        "protocol": [protocol] * 3,
        "algorithm": ["blend"] * 3,
        "side": ["user"] * 3,
        "metric": ["ndcg_at_10"] * 3,
        "decile": [1, 2, 10],
        "value": [0.3, 0.2, 0.5],
    }
    tables = {"model_comparison": pa.table(compared), "metrics_by_decile": pa.table(deciles)}
    with LakeSession(build_lake(tmp_path / "lake", tables)) as session:
        (first, *_) = session.rows(compared_query(protocol))
        lists, fails, ratings, later = findings(session, protocol)
    assert (first["protocol"], first["algorithm"]) == (protocol, "blend")
    assert lists.figure == "0.340"
    assert "`blend` makes the best lists (NDCG@10, 95 % interval 0.320 to 0.360)" in lists.text
    assert "`ease` is not significantly worse. The most popular movies reach 0.120." in lists.text
    assert fails.figure == "23 %"
    assert "decile 2 of the users has the worst lists (NDCG@10 0.200)" in fails.text
    assert "decile 10 the best (0.500)" in fails.text
    assert "`svd` predicts ratings best (RMSE)." in ratings.text
    assert "10.0 % less than the error of the best baseline, `damped_bias` (1.000)" in ratings.text
    assert (later.title, later.figure) == ("Protocol global_time", "0.290")


def test_the_name_of_a_protocol_may_have_a_quote_in_the_queries_of_plots() -> None:
    for plot in plots_of("it's random", has_ratings=True):
        assert len(duckdb.extract_statements(plot.sql)) == 1
    assert "'it''s random'" in plots_of("it's random", has_ratings=True)[0].sql


def test_a_baseline_that_predicts_best_is_not_compared_with_a_baseline(tmp_path: Path) -> None:
    nothing = pa.nulls(3, pa.float64())
    compared = pa.table(
        {
            "protocol": ["random"] * 3,
            "algorithm": ["svd", "global_mean", "damped_bias"],
            "rmse": [0.58, 0.55, 0.57],
            **dict.fromkeys(("rmse_ci_lower", "rmse_ci_upper", "ndcg_at_10"), nothing),
        }
    )
    with LakeSession(build_lake(tmp_path / "lake", {"model_comparison": compared})) as session:
        (ratings,) = findings(session, "random")
    assert "`global_mean` predicts ratings best (RMSE). This is a baseline, " in ratings.text
    assert ratings.text.endswith("The best other algorithm is `svd` (0.580).")


def test_the_name_of_a_protocol_is_text_and_no_html() -> None:
    (table,) = report._tables(["protocol", "algorithm"], [('by "user" & <time>', "svd")])
    assert table.count("by &quot;user&quot; &amp; &lt;time&gt;") == 2
    assert "<time>" not in table


@needs_chromium
def test_a_click_on_a_heading_sorts_the_table(tmp_path: Path) -> None:
    columns = ["protocol", "algorithm", "rmse", "skipped_because"]
    rows: QueryRows = [
        ("random", "blend", None, None),
        ("random", "svd", 0.9, None),
        ("random", "<b>bias</b>", 10.5, None),
    ]
    (table,) = report._tables(columns, rows)
    names = dict.fromkeys(("data", "lake", "protocol", "summary", "sections"), "")
    names["script"] = report.SCRIPT
    file = tmp_path / "report.html"
    file.write_text(Template(report.TEMPLATE.read_text()).substitute(names, tables=table))
    with browsed() as page:
        page.goto(file.as_uri())
        assert page.locator("th").all_inner_texts() == ["algorithm", "rmse"]
        orders = []
        for name in ("rmse", "rmse", "algorithm"):
            page.get_by_role("button", name=name).click()
            orders.append(page.locator("td:first-child").all_inner_texts())
    assert orders == [
        ["<b>bias</b>", "svd", "blend"],
        ["svd", "<b>bias</b>", "blend"],
        ["<b>bias</b>", "blend", "svd"],
    ]
