"""The data of the lake in a few numbers, and what the filters of the pages choose from."""

from __future__ import annotations

from collections import Counter
from typing import Any

from reelhouse.explorer.answers import About, Scale
from reelhouse.explorer.state import Explored, scale_of
from reelhouse.lake.parameters import text_literal
from reelhouse.page.document import GIVEN_RATINGS, data_name, rating_choices
from reelhouse.project import built_protocols, item_word

MOST_GENRES = 24
COUNTS = """
    select (select count(*) from interactions) as ratings,
    (select count(*) from users) as users
"""
LISTED = """
    select l.algorithm from (
        select distinct algorithm from evaluated_recommendations where protocol = {protocol}
    ) l left join (
        select algorithm, ndcg_at_10 from model_comparison where protocol = {protocol}
    ) c using (algorithm) order by ndcg_at_10 desc nulls last, algorithm
"""


def read_about(explored: Explored) -> About:
    """Return the numbers of the served version of the lake."""
    movies = explored.movies().values()
    genres = Counter(genre for movie in movies for genre in movie.genres)
    years = [movie.year for movie in movies if movie.year is not None]
    (counts,) = explored.rows(COUNTS)
    facts = explored.recommender.facts
    return About(
        data=_name_of_data(explored),
        item=item_word(),
        users=counts["users"],
        movies=len(movies),
        ratings=counts["ratings"],
        scale=_scale(explored, scale_of(explored.recommender)),
        genres=sorted(name for name, _ in genres.most_common(MOST_GENRES)),
        first_year=min(years, default=None),
        last_year=max(years, default=None),
        ranking=facts["algorithm"],
        rating=_rating_algorithm(explored),
        is_personal=explored.recommender.is_personal,
        protocol=built_protocols()[0],
        algorithms=_listed_algorithms(explored),
        release=explored.served.release,
    )


def _name_of_data(explored: Explored) -> str:
    if not explored.has_tables(["raw_files"]):
        return "data of the lake"
    (row,) = explored.rows("select any_value(data) as data from raw_files")
    return data_name(str(row["data"]))


def _scale(explored: Explored, row: dict[str, Any]) -> Scale | None:
    if not row["has_ratings"]:
        return None
    lowest, highest = row["rating_min"], row["rating_max"]
    given = [each["rating"] for each in explored.rows(GIVEN_RATINGS)]
    return Scale(
        min=lowest,
        max=highest,
        relevant=row["relevant_rating"],
        choices=rating_choices(lowest, highest, row["rating_step"], given),
    )


def _rating_algorithm(explored: Explored) -> str | None:
    if not explored.has_tables(["served_algorithms"]):
        return None
    found = explored.rows("select algorithm from served_algorithms where use = 'rating'")
    return found[0]["algorithm"] if found else None


def _listed_algorithms(explored: Explored) -> list[str]:
    if not explored.has_tables(["evaluated_recommendations", "model_comparison"]):
        return []
    protocol = text_literal(built_protocols()[0])
    return [row["algorithm"] for row in explored.rows(LISTED.format(protocol=protocol))]
