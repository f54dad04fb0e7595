"""The plots of the report and the explorer: their titles, captions and queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from matplotlib.axes import Axes

from reelhouse.lake.parameters import text_literal
from reelhouse.web.drawings import (
    QueryRows,
    Styles,
    draw_bars,
    draw_calibration,
    draw_coverage,
    draw_deciles,
    draw_genres,
    draw_intervals,
    draw_losses,
    draw_months,
    draw_precision_and_recall,
    draw_tails,
    draw_trials,
    styles_of,
    svg_of,
)

BEST_ALGORITHMS = """select algorithm from model_comparison
        where protocol = {protocol} and ndcg_at_10 is not null order by ndcg_at_10 desc limit 6"""


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
    is_of_data: bool = False
    """Whether the plot shows the data, and not the algorithms."""

    @property
    def query(self) -> str:
        """Return the query as a page shows it, without the indentation."""
        return "\n".join(line.strip() for line in self.sql.strip().splitlines())


def drawn(plot: Plot, rows: QueryRows, styles: Styles) -> str:
    """Return a plot as an SVG element, whose texts have the colour of the page."""
    return svg_of(plot.draw, rows, styles, plot.title)


def plots_of(protocol: str, *, has_ratings: bool) -> list[Plot]:
    """Return the plots that suit the data, with their queries for a protocol."""
    literal = text_literal(protocol)
    places = {"protocol": literal, "best": BEST_ALGORITHMS.format(protocol=literal)}
    return [
        plot._replace(sql=plot.sql.format(**places))
        for plot in PLOTS
        if has_ratings or not plot.needs_ratings
    ]


def styles_of_plots(best_first: list[str], results: list[tuple[Plot, QueryRows]]) -> Styles:
    """Return one style per algorithm for all plots with lines."""
    named = {row[0] for plot, rows in results if plot.has_lines for row in rows}
    return styles_of([*(name for name in best_first if name in named), *sorted(named)])


PLOTS = [
    Plot(
        "Error of predicted ratings",
        "Root mean squared error on the test rows, with its 95 % confidence interval over users.",
        """select algorithm, rmse, rmse_ci_lower, rmse_ci_upper from model_comparison
        where protocol = {protocol} and rmse is not null order by rmse""",
        draw_intervals,
        needs_ratings=True,
    ),
    Plot(
        "Precision and recall of lists",
        "Lists of k movies, chosen among all movies, of the six algorithms with the best NDCG@10."
        " Numbers beside one line are its values of k; the other lines have the same values in the"
        " same order.",
        """select algorithm, k, max(value) filter (metric = 'precision'),
        max(value) filter (metric = 'recall')
        from ranking_metrics where protocol = {protocol} and algorithm in ({best})
        group by algorithm, k order by algorithm, k""",
        draw_precision_and_recall,
        has_lines=True,
    ),
    Plot(
        "Accuracy against coverage",
        "NDCG@10, and the share of all movies that are in the first ten of at least one list.",
        """select string_agg(algorithm, ', ' order by algorithm), catalogue_coverage_at_10,
        ndcg_at_10 from model_comparison where protocol = {protocol} and ndcg_at_10 is not null
        group by all order by ndcg_at_10""",
        draw_coverage,
    ),
    Plot(
        "Accuracy by activity of the user",
        "NDCG@10 of the users in each decile by number of interactions (10 has the most), for the"
        " six algorithms with the best NDCG@10.",
        """select algorithm, decile, value from metrics_by_decile
        where protocol = {protocol} and side = 'user' and metric = 'ndcg_at_10' and decile > 0
        and value is not null and algorithm in ({best}) order by algorithm, decile""",
        draw_deciles,
        has_lines=True,
    ),
    Plot(
        "Intervals of predicted ratings",
        "Share of the test ratings inside of their interval of 80 %, which is the dotted line."
        " Decile 10 has the most active users.",
        """select algorithm, decile, coverage_80 from prediction_calibration
        where protocol = {protocol} and fold = 0 and decile > 0 and coverage_80 is not null
        order by algorithm, decile""",
        draw_calibration,
        needs_ratings=True,
        has_lines=True,
    ),
    Plot(
        "Loss of the ALS fits",
        "The objective after each iteration, divided by the objective after the first iteration.",
        """select algorithm, iteration, loss from fit_iterations
        where protocol = {protocol} and fold = 0 and loss is not null
        order by algorithm, iteration""",
        draw_losses,
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
        draw_trials,
        has_lines=True,
    ),
    Plot(
        "Ratings",
        "Number of ratings of each value.",
        "select rating, rating_count from rating_distribution where rating is not null"
        " order by rating",
        draw_bars,
        needs_ratings=True,
        is_of_data=True,
    ),
    Plot(
        "Long tails",
        "Number of interactions of each user and of each movie, in descending order.",
        """select 'users' as side, row_number() over (order by rating_count desc), rating_count
        from users where rating_count > 0 union all
        select 'movies', row_number() over (order by rating_count desc), rating_count
        from movies where rating_count > 0 order by 1, 2""",
        draw_tails,
        is_of_data=True,
    ),
    Plot(
        "Activity over time",
        "Number of ratings in each calendar month, in UTC. Of several events of the same pair of"
        " user and movie, only the last one counts.",
        "select month, rating_count from ratings_over_time order by month",
        draw_months,
        is_of_data=True,
    ),
    Plot(
        "Genres",
        "Number of ratings, or of pairs with events, of the movies of each genre, and the mean"
        " rating. A movie counts in each of its genres.",
        """select genre, sum(rating_count) as ratings,
        sum(rating_count * mean_rating) / nullif(sum(rating_count), 0) as mean
        from genres_over_time group by genre order by ratings desc limit 18""",
        draw_genres,
        is_of_data=True,
    ),
]
