"""The pages about the algorithms and the data: findings, plots and tables."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

from reelhouse.errors import ReelhouseError
from reelhouse.explorer.answers import Evaluation, FindingText, PlotText, Table
from reelhouse.explorer.state import LakeState, scale_of
from reelhouse.lake.query_errors import QueryError
from reelhouse.project import built_protocols
from reelhouse.web.findings import compared_query, findings

NUMBERS = """
    select user_count, movie_count, rating_count, density, median_ratings_per_user,
    median_ratings_per_movie from matrix_density
"""
COLUMNS = """
    select table_name, column_name, data_type, row_count, missing_count, distinct_count
    from column_profiles where table_name in ('interactions', 'movies', 'users')
    order by table_name, column_name
"""
Subject = Literal["models", "data"]


def evaluation_routes(state: LakeState) -> APIRouter:
    """Return the routes of the pages about the algorithms and the data."""
    routes = APIRouter(prefix="/api")

    @routes.get("/evaluation")
    async def evaluation() -> Evaluation:
        """Return the findings in words, and the table of all algorithms."""
        return await state.run(lambda each: each.cached("evaluation", _evaluation))

    @routes.get("/data")
    async def data() -> list[Table]:
        """Return the numbers of the matrix of ratings, and the profile of each column."""
        return await state.run(lambda each: each.cached("data", _data))

    @routes.get("/plots/{subject}")
    async def plots(subject: Subject) -> list[PlotText]:
        """Return plots of the algorithms or of the data, each with its query."""
        return await state.run(
            lambda each: each.cached(f"plots of {subject}", lambda one: _plots(one, subject))
        )

    return routes


def _evaluation(state: LakeState) -> Evaluation:
    state.require_tables("model_comparison", "metrics_by_decile")
    protocol = built_protocols()[0]
    compared = _table(state, compared_query(protocol))
    return Evaluation(
        protocol=protocol,
        findings=[
            FindingText(**finding._asdict()) for finding in findings(state.session, protocol)
        ],
        comparison=compared,
    )


def _data(state: LakeState) -> list[Table]:
    state.require_tables("matrix_density", "column_profiles")
    return [_table(state, NUMBERS), _table(state, COLUMNS)]


def _table(state: LakeState, sql: str) -> Table:
    rows = state.rows(sql)
    return Table(columns=list(rows[0]) if rows else [], rows=[list(row.values()) for row in rows])


def _plots(state: LakeState, subject: Subject) -> list[PlotText]:
    """Draw the plots that have rows; a plot whose table the lake lacks is left out."""
    from reelhouse.web.plots import drawn, plots_of, styles_of_plots  # imports matplotlib

    protocol = built_protocols()[0]
    plots = plots_of(protocol, has_ratings=scale_of(state.recommender)["has_ratings"])
    results = []
    for plot in plots:
        if plot.is_of_data == (subject == "data"):
            try:
                rows = [tuple(row.values()) for row in state.rows(plot.sql)]
            except QueryError:
                continue
            if rows:
                results.append((plot, rows))
    if not results:
        raise ReelhouseError("the lake has no table for these plots: run `make build`")
    best_first = state.cached("best first", _best_first)
    styles = styles_of_plots(best_first, results)
    return [
        PlotText(
            title=plot.title,
            caption=plot.caption,
            sql=plot.query,
            svg=drawn(plot, rows, styles),
        )
        for plot, rows in results
    ]


def _best_first(state: LakeState) -> list[str]:
    if not state.has_tables(["model_comparison"]):
        return []
    rows = state.rows(compared_query(built_protocols()[0]))
    return list(dict.fromkeys(row["algorithm"] for row in rows))
