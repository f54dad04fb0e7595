"""The tables of the evaluation in the lake of the explorer's tests."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tests.unit.serve.served_lake import IDS, RELEVANT, ratings

SPLIT = {"protocol": "random", "fold": 0}
TESTED = {5: 5.0, 6: 2.0, 9: 4.0}
"""Position of a movie → rating of user 3 in the test rows."""
INTERVAL = (3.1, 4.9)


def evaluation_tables() -> dict[str, pa.Table]:
    tested = [
        {**SPLIT, "user_id": 3, "movie_id": int(IDS[movie]), "split": "test", "rating": rating,
         "is_relevant": rating >= RELEVANT}
        for movie, rating in TESTED.items()
    ]  # fmt: skip
    matrix = ratings()
    rated = np.flatnonzero(matrix[3])[0]
    algorithms = ["als_graded", "popularity", "damped_bias"]
    none = pa.nulls(3, pa.float64())
    return {
        "rating_splits": pa.Table.from_pylist(tested),
        "predictions": pa.table(
            {
                "algorithm": ["damped_bias"],
                "protocol": ["random"],
                "fold": [0],
                "user_id": [3],
                "movie_id": [int(IDS[rated])],
                "prediction": [4.0],
                "interval_lower": [INTERVAL[0]],
                "interval_upper": [INTERVAL[1]],
            }
        ),
        "served_algorithms": pa.table(
            {
                "use": ["ranking", "rating", "similarity"],
                "algorithm": ["als_graded", "damped_bias", "als_graded"],
                "parameters": ["{}"] * 3,
            }
        ),
        "raw_files": pa.table(
            {"role": ["ratings"], "data": ["/home/person/<b>made-up"], "fingerprint": ["f"]}
        ),
        "model_comparison": pa.table(
            {
                "protocol": ["random"] * 3,
                "algorithm": algorithms,
                "rmse": [None, None, 0.9],
                "rmse_verdict": [None, None, "best"],
                "rmse_ci_lower": none,
                "rmse_ci_upper": none,
                "ndcg_at_10": [0.3, 0.1, 0.05],
                "ndcg_at_10_verdict": ["best", "worse than als_graded", "worse than als_graded"],
                "ndcg_at_10_ci_lower": none,
                "ndcg_at_10_ci_upper": none,
                "hit_rate_at_10": [0.7, 0.3, 0.2],
                "recall_at_20": [0.4, 0.2, 0.1],
                "catalogue_coverage_at_10": [0.2, 0.05, 0.02],
                "skipped_because": pa.nulls(3, pa.string()),
            }
        ),
        "metrics_by_decile": pa.table(
            {
                "protocol": ["random"] * 2,
                "algorithm": ["als_graded"] * 2,
                "side": ["user"] * 2,
                "metric": ["ndcg_at_10"] * 2,
                "decile": [1, 10],
                "value": [0.2, 0.4],
            }
        ),
        "rating_distribution": pa.table({"rating": [1.0, 5.0], "rating_count": [10, 30]}),
        "matrix_density": pa.table(
            {
                **{name: [n] for name, n in (("user_count", 40), ("movie_count", 30))},
                **{"rating_count": [600], "density": [0.5]},
                **{f"median_ratings_per_{side}": [15.0] for side in ("user", "movie")},
            }
        ),
        "column_profiles": pa.table(
            {
                "table_name": ["movies"],
                "column_name": ["title"],
                "data_type": ["string"],
                **{f"{name}_count": [n] for name, n in (("row", 30), ("missing", 0))},
                "distinct_count": [30],
            }
        ),
    }
