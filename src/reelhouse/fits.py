"""Fits every enabled ALS row of seeds/algorithms.csv under every protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from reelhouse.als import Engine, Fit, Settings, Solver, alternate, fit, pack
from reelhouse.errors import ReelhouseError
from reelhouse.judges import Rows, judge_of_errors, judge_of_lists

ALS_FAMILIES = ("als", "biased_als")
COSTS = ("iteration", "loss", "seconds")
FITTED = pa.schema(
    [
        ("algorithm", pa.string()),
        ("protocol", pa.string()),
        ("fold", pa.int32()),
        ("side", pa.string()),
        ("id", pa.int64()),
        ("factors", pa.list_(pa.float32())),
        ("iteration", pa.int32()),
        ("loss", pa.float64()),
        ("seconds", pa.float64()),
    ]
)


def fit_algorithms(
    algorithms: DataFrame,
    ratings: DataFrame,
    *,
    relevant_rating: float,
    seed: int,
    read_from_all: Sequence[str],
    engine: Engine,
    solver: Solver,
    patience: int = 0,
) -> pa.Table:
    """One table of factors and costs, of every ALS algorithm × protocol × fold.

    ``ratings`` has the rows to fit: ``protocol, fold, user_id, movie_id, split, rating, residual``.
    Under the protocol ``all`` only the algorithms ``read_from_all`` are fitted. With ``patience``,
    a fit of the train rows alone first finds how many iterations are enough: it stops when the
    validation rows have not got better for so many. A row of the result holds either the factors of
    a user or movie (``side, id, factors``) or the cost of an iteration (``iteration, loss,
    seconds``).
    """
    ratings = ratings.cache()
    keys = ratings.select("protocol", "fold").distinct().orderBy("protocol", "fold").collect()
    rows = algorithms.where(F.col("enabled") & F.col("family").isin(*ALS_FAMILIES))
    tables = [FITTED.empty_table()]
    for row in rows.orderBy("algorithm").collect():
        settings = _settings(row, solver)
        for key in keys:
            if key["protocol"] == "all" and row["algorithm"] not in read_from_all:
                continue
            observations = _observations(ratings, row, key, relevant_rating)
            labels = {"algorithm": row["algorithm"], **key.asDict()}
            label = " ".join(str(value) for value in labels.values())
            try:
                if patience and key["protocol"] != "all":
                    enough = _enough(observations, settings, seed, engine, patience, label)
                    settings = replace(settings, iterations=enough)
                fitted = fit(
                    observations.drop("split"), settings, seed=seed, engine=engine, label=label
                )
            except ReelhouseError as error:
                hint = f" from {relevant_rating} up" if settings.feedback == "implicit" else ""
                raise ReelhouseError(f"{label}, ratings{hint}: {error}") from error
            tables += _tables(fitted, labels)
    return pa.concat_tables(tables)


def _settings(row: Row, solver: Solver) -> Settings:
    parameters: dict[str, Any] = {n: row[n] for n in Settings.__dataclass_fields__ if n in row}
    return Settings(**parameters, solver=solver)


def _observations(ratings: DataFrame, row: Row, key: Row, relevant_rating: float) -> DataFrame:
    """What the algorithm is fitted on: ratings, residuals, or 1 for every relevant rating."""
    rows = ratings.where((F.col("protocol") == key["protocol"]) & (F.col("fold") == key["fold"]))
    if row["feedback"] == "implicit":
        rows, value = rows.where(F.col("rating") >= relevant_rating), F.lit(1.0)
    else:
        value = F.col("residual" if row["family"] == "biased_als" else "rating")
    return rows.select("split", "user_id", "movie_id", value.alias("value"))


def _enough(
    observations: DataFrame,
    settings: Settings,
    seed: int,
    engine: Engine,
    patience: int,
    label: str,
) -> int:
    """How many iterations predict the validation rows best, of a fit of the train rows."""
    if engine != "native":
        raise ReelhouseError("MLlib's ALS does not stop early: set the var als_patience to 0")
    train = observations.where("split = 'train'").drop("split")
    held_out = _rows(observations.where("split = 'validation'"))
    packed = pack(train)
    try:
        if settings.feedback == "implicit":
            judge = judge_of_lists(packed.ids, held_out, _rows(train))
        else:
            judge = judge_of_errors(packed.ids, held_out)
        tried = alternate(
            packed, settings, seed=seed, judge=judge, patience=patience, label=f"{label} (early)"
        )
    finally:
        packed.release()
    return tried.best.iteration


def _rows(observations: DataFrame) -> Rows:
    table = observations.select("user_id", "movie_id", "value").toArrow()
    return Rows(*(column.to_numpy() for column in table.columns))


def _tables(fitted: Fit, labels: dict[str, Any]) -> list[pa.Table]:
    tables = []
    for side, ids in fitted.ids.items():
        factors = fitted.factors[side]
        offsets = np.arange(len(ids) + 1, dtype=np.int32) * factors.shape[1]
        lists = pa.ListArray.from_arrays(offsets, factors.ravel())
        tables.append(_table(len(ids), **labels, side=side, id=ids, factors=lists))
    costs = {name: [getattr(cost, name) for cost in fitted.iterations] for name in COSTS}
    return [*tables, _table(len(fitted.iterations), **labels, **costs)]


def _table(length: int, **columns: Any) -> pa.Table:
    """A table in the form of FITTED: a scalar stands in every row, what is missing is null."""
    arrays = []
    for field in FITTED:
        value = columns.get(field.name)
        if value is None or isinstance(value, str | int):
            value = pa.repeat(pa.scalar(value, field.type), length)
        arrays.append(pa.array(value, field.type))
    return pa.table(arrays, schema=FITTED)
