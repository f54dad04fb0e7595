"""`make bench SIZE=kfold`: Surprise and implicit on the five folds that evaluate Reelhouse.

The comparison runs twice: on all ratings, and, like much of the literature, on the liked ratings
alone. In the second, a list may contain movies that the user has seen and not liked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from reelhouse.lake.session import LakeSession

SEED = 0
LONGEST = 20
RATED = ["user_id", "movie_id", "rating"]
FOLDS = f"""
    select fold, split = 'test' as is_test, {", ".join(RATED)}, is_relevant
    from rating_splits where protocol = 'kfold'
"""
LIKED = 4
OURS = """
    select 'reelhouse' as system, c.algorithm, c.rmse, c.ndcg_at_10, c.recall_at_20,
        r.capped_recall_at_20, f.seconds
    from model_comparison c left join (
        select algorithm, avg(value) as capped_recall_at_20 from ranking_metrics
        where protocol = 'kfold' and metric = 'capped_recall' and k = 20 group by all
    ) r using (algorithm) left join (
        select algorithm, sum(last_seconds) as seconds from (
            select algorithm, fold, max(seconds) as last_seconds
            from fit_iterations where protocol = 'kfold' group by all
        ) group by all
    ) f using (algorithm)
    where c.protocol = 'kfold' and c.skipped_because is null
"""
Folds = list[tuple[pd.DataFrame, pd.DataFrame]]
Ids = NDArray[np.int64]


def measure(out: Path, ratings: int | None) -> int:
    """Compare on all ratings and on the liked ones; print both tables and write them to ``out``.

    ``ratings``: the number of ratings to take from MovieLens 100k; all of them by default.
    """
    for title, compared in _compared(out, ratings):
        print(f"\n{title}\n")
        print_table(compared)
        kind = title.split()[0].lower()
        compared.to_json(out / f"kfold-{kind}.json", orient="records", indent=1)
    return 0


def _compared(out: Path, ratings: int | None) -> Iterator[tuple[str, pd.DataFrame]]:
    """Evaluate ``kfold`` in a new lake, then fit the other libraries on its folds.

    Yield a title and a table with one row per algorithm.
    """
    movielens = Path("data", "ml-100k")
    lines = (movielens / "u.data").read_text().splitlines(keepends=True)[:ratings]
    ours, folds = _evaluated(_data_set(out / "all", lines), out / "lake-kfold")
    theirs = pd.DataFrame([*surprise(folds), implicit(folds)])
    yield "All ratings", pd.concat([ours, theirs], ignore_index=True)

    liked = [line for line in lines if int(line.split("\t")[2]) >= LIKED]
    ours, folds = _evaluated(_data_set(out / "liked", liked), out / "lake-kfold-liked")
    ours["rmse"] = np.nan  # an RMSE of high ratings alone says nothing
    yield "Liked ratings alone", pd.concat([ours, pd.DataFrame([implicit(folds)])])


def _data_set(folder: Path, lines: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "u.data").write_text("".join(lines))
    return folder.resolve()


def _evaluated(data: Path, lake: Path) -> tuple[pd.DataFrame, Folds]:
    """Run ``make evaluate PROTOCOL=kfold`` in a new lake; return its metrics and its folds."""
    shutil.rmtree(lake, ignore_errors=True)
    named = {"REELHOUSE_LAKE": str(lake), "REELHOUSE_DATA": str(data), "REELHOUSE_COLUMNS": ""}
    print(f"reelhouse evaluate kfold, {data.name} …", file=sys.stderr, flush=True)
    began = perf_counter()
    command = [str(Path(sys.executable).parent / "reelhouse"), "evaluate", "kfold"]
    environment = {**os.environ, **named}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    print(f"{data.name}: every algorithm, {perf_counter() - began:.0f} s", flush=True)
    with LakeSession(lake) as session:
        ours, ratings = (_frame(session, query) for query in (OURS, FOLDS))
    return ours, [(rows[~rows.is_test], rows[rows.is_test]) for _, rows in ratings.groupby("fold")]


def _frame(session: LakeSession, query: str) -> pd.DataFrame:
    found = session.execute(query)
    return pd.DataFrame(found.fetchall(), columns=[column[0] for column in found.description])


def surprise(folds: Folds) -> Iterator[dict[str, Any]]:
    """Yield the RMSE and seconds of Surprise's algorithms, with the parameters of its README."""
    from surprise import SVD, BaselineOnly, Dataset, KNNBaseline, Reader, SVDpp

    makers: dict[str, Callable[[], Any]] = {
        "SVDpp": lambda: SVDpp(random_state=SEED, cache_ratings=True),
        "SVD": lambda: SVD(random_state=SEED),
        "KNNBaseline": lambda: KNNBaseline(verbose=False),
        "BaselineOnly": lambda: BaselineOnly(verbose=False),
    }
    for name, make in makers.items():
        print(f"surprise {name} …", file=sys.stderr, flush=True)
        seconds, errors = 0.0, []
        for train, test in folds:
            known = Dataset.load_from_df(train[RATED], Reader(rating_scale=(1, 5)))
            model, rows = make(), known.build_full_trainset()
            began = perf_counter()
            model.fit(rows)
            seconds += perf_counter() - began
            predicted = [found.est for found in model.test(test[RATED].to_numpy().tolist())]
            errors.append(np.sqrt(np.mean((np.array(predicted) - test.rating) ** 2)))
        yield {
            "system": "surprise",
            "algorithm": name,
            "rmse": np.mean(errors),
            "seconds": seconds,
        }


def implicit(folds: Folds) -> dict[str, Any]:
    """Fit implicit's ALS to the liked movies; return NDCG@10 and recall@20 by ranx, and seconds."""
    from implicit.cpu.als import AlternatingLeastSquares

    print("implicit AlternatingLeastSquares …", file=sys.stderr, flush=True)
    seconds, scores = 0.0, []
    for train, test in folds:
        users, movies = np.unique(train.user_id), np.unique(train.movie_id)
        seen, likes = (_matrix(some, users, movies) for some in (train, train[train.is_relevant]))
        with threadpool_limits(1, "blas"):  # implicit warns otherwise: it has its own threads
            # With the default regularisation, implicit ranks worse on these ratings.
            model = AlternatingLeastSquares(64, regularization=30, alpha=5, random_state=SEED)
            began = perf_counter()
            model.fit(likes, show_progress=False)
            seconds += perf_counter() - began
            lists, _ = model.recommend(np.arange(len(users)), seen, N=LONGEST)
        scores.append(_list_metrics(test[test.is_relevant], users, movies[lists]))
    ndcg, recall, capped = np.mean(scores, axis=0)
    return {
        "system": "implicit",
        "algorithm": "AlternatingLeastSquares",
        "ndcg_at_10": ndcg,
        "recall_at_20": recall,
        "capped_recall_at_20": capped,
        "seconds": seconds,
    }


def _matrix(rows: pd.DataFrame, users: Ids, movies: Ids) -> csr_matrix:
    places = np.searchsorted(users, rows.user_id), np.searchsorted(movies, rows.movie_id)
    return csr_matrix((np.ones(len(rows), np.float32), places), (len(users), len(movies)))


def _list_metrics(relevant: pd.DataFrame, users: Ids, lists: Ids) -> list[float]:
    """Return the NDCG@10, recall@20 and capped recall@20 of lists (users, n).

    They are means over users with a relevant movie. The capped recall divides the hits by the
    number of relevant movies or by 20, whichever is lower (Liang et al. 2018).
    """
    from ranx import Qrels, Run, evaluate

    gains = {
        str(user): {str(movie): 1 for movie in rows}
        for user, rows in relevant.groupby("user_id").movie_id
    }
    run = {
        str(user): {str(movie): float(-rank) for rank, movie in enumerate(movies)}
        for user, movies in zip(users.tolist(), lists.tolist(), strict=True)
        if str(user) in gains
    }
    run |= {user: {} for user in gains.keys() - run.keys()}
    qrels = Qrels({user: gains[user] for user in sorted(gains)})
    metrics = ["ndcg@10", f"recall@{LONGEST}", f"hits@{LONGEST}"]
    found = evaluate(
        qrels, Run({user: run[user] for user in sorted(run)}), metrics, return_mean=False
    )
    ndcg, recall, hits = found.values()
    capped = hits / [min(LONGEST, len(gains[user])) for user in sorted(gains)]
    return [float(np.mean(values)) for values in (ndcg, recall, capped)]


def print_table(rows: pd.DataFrame) -> None:
    """Print the algorithms that predict ratings, then those that rank, the best first."""
    for metric, up in (("rmse", True), ("ndcg_at_10", False)):
        lists = ["ndcg_at_10", "recall_at_20", "capped_recall_at_20"]
        columns = ["rmse"] if metric == "rmse" else lists
        evaluated = rows if metric == "rmse" else rows[rows.rmse.isna()]
        evaluated = evaluated.dropna(subset=[metric]).sort_values(metric, ascending=up)
        if evaluated.empty:
            continue
        heads = ["system", "algorithm", *columns, "seconds to fit"]
        print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
        for row in evaluated.to_dict("records"):
            seconds = "" if np.isnan(row["seconds"]) else f"{row['seconds']:.1f}"
            figures = [f"{row[name]:.4f}" for name in columns]
            print("| " + " | ".join([row["system"], row["algorithm"], *figures, seconds]) + " |")
        print()
