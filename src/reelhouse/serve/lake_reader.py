"""Read the facts and arrays of a snapshot from a lake: the fit that ranks, and the movies."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from reelhouse.algorithms.als_settings import RESIDUAL_FAMILIES, is_standardised
from reelhouse.als.ids import find_positions
from reelhouse.als.settings import Floats
from reelhouse.errors import ReelhouseError
from reelhouse.lake.cluster import Lake
from reelhouse.lake.parameters import text_literal
from reelhouse.lake.session import LakeSession
from reelhouse.project import project_vars
from reelhouse.ranking.movie_columns import CatalogueColumns, columns_of_movies
from reelhouse.serve.fit_numbers import FOLD, damping, like_value, residual_spread
from reelhouse.serve.snapshot import STORED_LISTS
from reelhouse.serve.stored_rows import Arrays, arrays_of_lists
from reelhouse.serve.titles import plain_title, title_keys


def read_serving_fit(lake: Lake) -> tuple[dict[str, Any], Arrays]:
    """Return the facts and arrays of a snapshot.

    The movies are all movies with a rating, in the order of ties. The ``parts`` are the algorithms
    whose scores are added: those of a blend, or the single algorithm that ranks. The arrays of part
    0 have the prefix ``0.``, and so on.
    """
    variables = project_vars()
    with LakeSession(lake) as session:
        popular = session.execute(
            f"""select id, rating_count, coalesce(bias, 0.0) as bias, global_mean
            from rating_biases where {FOLD} and side = 'movie' order by id"""
        ).arrow()
        movies, order = columns_of_movies(_numbers(popular["id"]), variables["seed"])
        candidates = session.execute(
            f"select movie_id from movies where {variables['candidate_movies']}"
        ).arrow()
        biases = _numbers(popular["bias"])[order]
        arrays: Arrays = {
            "movie_ids": movies.movie_ids,
            "rating_counts": _numbers(popular["rating_count"])[order].astype(np.float32),
            "biases": biases,
            "is_candidate": np.isin(movies.movie_ids, _numbers(candidates["movie_id"])),
        }
        arrays |= _stored_lists(session)
        algorithm, parts = _ranking_parts(session)
        for number, part in enumerate(parts):
            found = _arrays_of_part(session, part, movies, biases)
            arrays |= {f"{number}.{name}": array for name, array in found.items()}
        (scale,) = session.rows("from int_rating_scale")
        facts = {
            "algorithm": algorithm,
            "parts": parts,
            "scale": scale,
            "global_mean": popular["global_mean"][0].as_py(),
            "damping": damping(session),
            "spread": residual_spread(session) if any(map(is_standardised, parts)) else 1.0,
            **_descriptions(session, movies, arrays["rating_counts"]),
        }
    return facts, arrays


def _stored_lists(session: LakeSession) -> Arrays:
    """Return the lists of `recommendations` and `similar_movies` as arrays."""
    arrays: Arrays = {}
    for table, key in STORED_LISTS.items():
        columns = [
            # JSON has no number for NaN.
            f"{name} := case when isfinite({name}) then {name} end"
            if pa.types.is_floating(column.type)
            else f"{name} := {name}"
            for name, column in _columns(session, table).items()
            if name != key
        ]
        lists = session.execute(
            f"""select {key}, cast(to_json(
                list(struct_pack({", ".join(columns)}) order by rank)
            ) as varchar) as list from {table} group by {key} order by {key}"""
        ).arrow()
        found = arrays_of_lists(_numbers(lists[key]), lists["list"])
        arrays |= {f"{table}.{name}": array for name, array in found.items()}
    return arrays


def _columns(session: LakeSession, table: str) -> dict[str, pa.Field]:
    schema = session.execute(f"from {table} limit 0").arrow().schema
    return {column.name: column for column in schema}


def _ranking_parts(session: LakeSession) -> tuple[str, list[dict[str, Any]]]:
    """Return the algorithm that ranks, and the rows of int_fit_plan of its parts.

    The parts of a blend are in the order of their names, with the columns ``weight`` and
    ``like_value``.
    """
    plan = session.rows(f"from int_fit_plan where {FOLD} and skipped_because is null")
    (ranking,) = (row for row in plan if row["is_ranking_algorithm"])
    weights = json.loads(ranking["blend_weights"] or "{}") or {ranking["algorithm"]: 1.0}
    parts = [
        {**row, "weight": weights[row["algorithm"]], "like_value": like_value(session, row)}
        for row in plan
        if row["algorithm"] in weights
    ]
    return ranking["algorithm"], sorted(parts, key=lambda row: str(row["algorithm"]))


def _arrays_of_part(
    session: LakeSession, part: dict[str, Any], movies: CatalogueColumns, biases: Floats
) -> Arrays:
    """Return the factors or weights of a part; nothing if the part has neither."""
    name = text_literal(part["algorithm"])
    is_part = f"algorithm = {name} and side = 'movie' and {FOLD}"
    if part["family"] in ("ease", "item_knn"):
        return _weights(session, is_part, movies)
    table = "als_factors" if part["family"] in ("als", "biased_als") else "int_driver_fits"
    fitted = session.execute(
        f"select id, factors from {table} where {is_part} and factors is not null order by id"
    ).arrow()
    if not fitted.num_rows:
        return {}
    fitted_ids = _numbers(fitted["id"])
    matrix = _flat_numbers(fitted["factors"]).reshape(len(fitted_ids), -1)
    # A movie that nobody likes has no row, and its score is 0.
    factors = np.zeros((len(movies.movie_ids), matrix.shape[1]), np.float32)
    factors[movies.columns[find_positions(movies.ascending, fitted_ids)[0]]] = matrix
    if part["family"] in RESIDUAL_FAMILIES:
        factors = np.column_stack([factors, np.ones_like(biases), biases]).astype(np.float32)
    return {"factors": factors, "fitted_ids": fitted_ids}


def _weights(session: LakeSession, is_part: str, movies: CatalogueColumns) -> Arrays:
    """Return the liked movies, and the weights (liked, movies), dense or as a sparse matrix."""
    # Imports numba and scipy, which take a second.
    from reelhouse.ranking.catalogues import Catalogue, WeightedCatalogue, catalogues_of_weights

    table = session.execute(
        f"""select algorithm, protocol, fold, id, neighbour_ids, weights from int_driver_fits
        where {is_part} and weights is not null"""
    ).arrow()
    popular = Catalogue(movies, np.zeros((len(movies.movie_ids), 1), np.float32))
    (catalogue,) = catalogues_of_weights(table, {("popularity", "all", 0): popular}).values()
    assert isinstance(catalogue, WeightedCatalogue)
    weights = catalogue.weights
    if isinstance(weights, np.ndarray):
        return {"liked_ids": catalogue.liked_ids, "weights": weights}
    return {
        "liked_ids": catalogue.liked_ids,
        "data": weights.data,
        "indices": weights.indices,
        "indptr": weights.indptr,
    }


def _descriptions(
    session: LakeSession, movies: CatalogueColumns, rating_counts: Floats
) -> dict[str, Any]:
    """Return titles, genres, years and ids of the movies, and the keys of titles (titles.py)."""
    if "imdb_id" not in _columns(session, "movies"):
        raise ReelhouseError(
            "another version of Reelhouse built the lake: build it again with `make build`"
        )
    rows = session.execute(
        "select movie_id, title, genres, release_year, source_id, imdb_id, tmdb_id from movies"
    ).arrow()
    positions, is_rated = find_positions(movies.ascending, _numbers(rows["movie_id"]))
    described = np.flatnonzero(is_rated)
    described = described[np.argsort(movies.columns[positions[described]])].tolist()

    def values(column: str) -> list[Any]:
        found = rows[column].to_pylist()
        return [found[position] for position in described]

    titles = values("title")
    keys: dict[str, list[int]] = {}
    for position in np.argsort(-rating_counts, kind="stable").tolist():
        for key in title_keys(titles[position]):
            keys.setdefault(key, []).append(position)
    return {
        "titles": titles,
        "plain_titles": [plain_title(title) for title in titles],
        "genres": values("genres"),
        "years": values("release_year"),
        "source_ids": values("source_id"),
        "imdb_ids": values("imdb_id"),
        "tmdb_ids": values("tmdb_id"),
        "keys": keys,
    }


def _numbers(column: pa.ChunkedArray) -> NDArray[Any]:
    """Return numbers (n,) without missing values.

    For its own conversions, pyarrow imports pandas, which takes as long as to read a small lake.
    """
    parts = [np.from_dlpack(chunk) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.zeros(0, column.type.to_pandas_dtype())


def _flat_numbers(lists: pa.ChunkedArray) -> Floats:
    """Return the numbers of all lists, one list after the other."""
    parts = [np.from_dlpack(chunk.flatten()) for chunk in lists.chunks]
    return np.concatenate(parts).astype(np.float32)
