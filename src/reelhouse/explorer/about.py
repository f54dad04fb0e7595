"""The data of the lake in a few numbers, and what the filters of the pages choose from."""

from __future__ import annotations

from collections import Counter
from typing import Any

from reelhouse.explorer.answers import About, Scale
from reelhouse.explorer.state import LakeState, scale_of
from reelhouse.lake.parameters import text_literal
from reelhouse.project import built_protocols, item_word
from reelhouse.serve.data_facts import GIVEN_RATINGS, data_name, rating_choices

MOST_GENRES = 24
COUNTS = """
    select (select coalesce(sum(coalesce(event_count, 1)), 0)::bigint from interactions) as ratings,
    (select count(*) from users) as users
"""
LISTED = """
    select l.algorithm from (
        select distinct algorithm from evaluated_recommendations where protocol = {protocol}
    ) l left join (
        select algorithm, ndcg_at_10 from model_comparison where protocol = {protocol}
    ) c using (algorithm) order by ndcg_at_10 desc nulls last, algorithm
"""


def read_about(state: LakeState) -> About:
    """Return the numbers of the served version of the lake."""
    movies = state.movies().values()
    genres = Counter(genre for movie in movies for genre in movie.genres)
    years = [movie.year for movie in movies if movie.year is not None]
    (counts,) = state.rows(COUNTS)
    facts = state.recommender.facts
    return About(
        data=_name_of_data(state),
        item=item_word(),
        users=counts["users"],
        movies=len(movies),
        ratings=counts["ratings"],
        scale=_scale(state, scale_of(state.recommender)),
        genres=sorted(name for name, _ in genres.most_common(MOST_GENRES)),
        first_year=min(years, default=None),
        last_year=max(years, default=None),
        ranking=facts["algorithm"],
        rating=_rating_algorithm(state),
        is_personal=state.recommender.is_personal,
        protocol=built_protocols()[0],
        algorithms=_listed_algorithms(state),
        release=state.version.release,
    )


def _name_of_data(state: LakeState) -> str:
    if not state.has_tables(["raw_files"]):
        return "data of the lake"
    (row,) = state.rows("select any_value(data) as data from raw_files")
    return data_name(str(row["data"]))


def _scale(state: LakeState, row: dict[str, Any]) -> Scale | None:
    if not row["has_ratings"]:
        return None
    lowest, highest = row["rating_min"], row["rating_max"]
    given = [each["rating"] for each in state.rows(GIVEN_RATINGS)]
    return Scale(
        min=lowest,
        max=highest,
        relevant=row["relevant_rating"],
        choices=rating_choices(lowest, highest, row["rating_step"], given),
    )


def _rating_algorithm(state: LakeState) -> str | None:
    if not state.has_tables(["served_algorithms"]):
        return None
    found = state.rows("select algorithm from served_algorithms where use = 'rating'")
    return found[0]["algorithm"] if found else None


def _listed_algorithms(state: LakeState) -> list[str]:
    if not state.has_tables(["evaluated_recommendations", "model_comparison"]):
        return []
    protocol = text_literal(built_protocols()[0])
    return [row["algorithm"] for row in state.rows(LISTED.format(protocol=protocol))]
