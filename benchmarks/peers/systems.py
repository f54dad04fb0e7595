"""The systems: each function packs, fits and ranks with one library and measures the seconds.

Every system minimises one of two objectives, over factors u of users and m of movies.

Explicit: Σ over observed pairs ((r - u·m)² + λ|u|² + λ|m|²), so that λ counts once per rating
(ALS-WR). Implicit: Σ over all pairs c · (p - u·m)² + λ Σ |u|² + λ Σ |m|², where p is 1 and
c = 1 + alpha · r for an observed pair, and p is 0 and c is 1 for a missing one. λ is the same for
every user and movie, since rusket and implicit know no other regularisation.

All get the ids and ratings as arrays. Packing begins with the positions of the ids, and ends where
the iterations begin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.task import Rows, Task

if TYPE_CHECKING:
    from reelhouse.als import Settings

BLOCK_USERS = 1024


class Fitted(NamedTuple):
    """Seconds by phase, and factors (rows, k) of users and movies in ascending order of ids."""

    seconds: dict[str, float]
    users: NDArray[np.float32]
    movies: NDArray[np.float32]


def reelhouse(rows: Rows, task: Task) -> Fitted:
    """Fit and rank by Reelhouse in this process, without Spark.

    The seconds of the iterations include the last half-step, which solves the users exactly.
    """
    from reelhouse.als import LocalRatings, fit_packed
    from reelhouse.ranking.all_users import rank_all

    settings = reelhouse_settings(task)
    start = perf_counter()
    packed = LocalRatings(*rows, threads=task.threads)
    packing = perf_counter() - start
    start = perf_counter()
    fitted = fit_packed(packed, settings, seed=task.seed)
    iteration = (perf_counter() - start) / task.iterations
    users, movies = fitted.factors["user"], fitted.factors["movie"]
    seen = packed.csr["user"]
    start = perf_counter()
    rank_all(users, movies, seen.indptr, seen.columns, task.n, task.threads)
    return Fitted(_seconds(packing, iteration, perf_counter() - start), users, movies)


def reelhouse_settings(task: Task) -> Settings:
    """Return the settings of Reelhouse for the objective of a task.

    λ is multiplied by the number of ratings of a user or movie to the power of ``reg_exponent``.
    """
    from reelhouse.als import Settings

    is_explicit = task.alpha is None
    return Settings(
        factors=task.factors,
        reg=task.reg,
        iterations=task.iterations,
        feedback="explicit" if is_explicit else "implicit",
        reg_exponent=1.0 if is_explicit else 0.0,
        alpha=task.alpha,
        cg_steps=task.cg_steps,
    )


def irspack(rows: Rows, task: Task) -> Fitted:
    """Fit and rank by iALS of irspack with conjugate gradients.

    With the loss ``ORIGINAL``, an entry x of the matrix has the confidence alpha0 + x, a missing
    pair has alpha0, and λ is reg · (alpha0 · N + n) ** nu. So alpha0 is 1, x is alpha · r, and nu
    is 0. (irspack halves all terms of the loss, which changes nothing.)
    """
    from irspack import IALSRecommender
    from irspack.utils.id_mapping import retrieve_recommend_from_score

    start = perf_counter()
    matrix = _matrix(rows, np.float32(task.alpha) * rows.values)
    model = IALSRecommender(
        matrix,
        n_components=task.factors,
        alpha0=1.0,
        reg=task.reg,
        nu=0.0,
        loss_type="ORIGINAL",
        solver_type="CG",
        max_cg_steps=task.cg_steps,
        random_seed=task.seed,
        n_threads=task.threads,
    )
    model.start_learning()
    packing = perf_counter() - start
    start = perf_counter()
    for _ in range(task.iterations):
        model.run_epoch()
    iteration = (perf_counter() - start) / task.iterations
    start = perf_counter()
    for first in range(0, matrix.shape[0], BLOCK_USERS):
        last = min(first + BLOCK_USERS, matrix.shape[0])
        scores = model.get_score_remove_seen_block(first, last)
        retrieve_recommend_from_score(scores, [], task.n, task.threads)
    ranking = perf_counter() - start
    trainer = model.trainer.core_trainer
    return Fitted(_seconds(packing, iteration, ranking), trainer.user, trainer.item)


def rusket(rows: Rows, task: Task) -> Fitted:
    """Fit and rank by ALS of rusket with conjugate gradients.

    It multiplies the entries by ``alpha`` itself, and its λ is the same for every row. It does not
    report when an iteration ends. The seconds of an iteration come from the difference between a
    fit of several iterations and a fit of one; the rest is packing.
    """
    from rusket import ALS

    start = perf_counter()
    matrix = _matrix(rows, rows.values)
    packing = perf_counter() - start

    def fit(iterations: int) -> Any:
        model = ALS(
            factors=task.factors,
            regularization=task.reg,
            alpha=task.alpha,
            iterations=iterations,
            seed=task.seed,
            cg_iters=task.cg_steps,
            use_cuda=False,
        )
        return model.fit(matrix)

    model, start_up, iteration = _start_and_iteration(fit, task.iterations)
    start = perf_counter()
    model.batch_recommend(n=task.n, exclude_seen=True, format="pandas")
    ranking = perf_counter() - start
    return Fitted(
        _seconds(packing + start_up, iteration, ranking),
        np.asarray(model._user_factors),
        np.asarray(model._item_factors),
    )


def implicit(rows: Rows, task: Task) -> Fitted:
    """Fit and rank by the library implicit with conjugate gradients.

    An entry is the whole confidence 1 + alpha · r of an observed pair, and its λ is the same for
    every row. BLAS gets one thread, as implicit advises, since implicit starts threads itself.
    """
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    start = perf_counter()
    matrix = _matrix(rows, 1 + np.float32(task.alpha) * rows.values)
    seconds: list[float] = []
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=task.factors,
            regularization=task.reg,
            alpha=1.0,
            iterations=task.iterations,
            random_state=task.seed,
            num_threads=task.threads,
        )
        model.cg_steps = task.cg_steps
        model.fit(
            matrix,
            show_progress=False,
            callback=lambda iteration, elapsed, loss: seconds.append(elapsed),
        )
        packing = perf_counter() - start - sum(seconds)
        start = perf_counter()
        for first in range(0, matrix.shape[0], BLOCK_USERS):
            block = np.arange(first, min(first + BLOCK_USERS, matrix.shape[0]))
            model.recommend(block, matrix[block], N=task.n, filter_already_liked_items=True)
        ranking = perf_counter() - start
    return Fitted(
        _seconds(packing, float(np.mean(seconds)), ranking), model.user_factors, model.item_factors
    )


def libmf(rows: Rows, task: Task) -> Fitted:
    """Fit by LIBMF, whose iterations are passes of stochastic gradient descent. It ranks no lists.

    LIBMF minimises Σ over observed pairs ½(r - u·m)² + ½λ|u|² + ½λ|m|², half of our objective. The
    seconds of an iteration are found as in ``rusket``. LIBMF has a fixed seed.
    """
    start = perf_counter()
    table = _libmf_table(rows, rows)
    packing = perf_counter() - start

    def fit(iterations: int) -> Any:
        model = _libmf_model(replace(task, iterations=iterations), quiet=True)
        model.fit(table)
        return model

    model, start_up, iteration = _start_and_iteration(fit, task.iterations)
    return Fitted(
        _seconds(packing + start_up, iteration, None), model.p_factors(), model.q_factors()
    )


def print_libmf_curve(rows: Rows, test: Rows, task: Task) -> None:
    """Let LIBMF print the RMSE of the held-out ratings after each iteration.

    The held-out ratings are those whose user and movie are in the fit.
    """
    known = np.isin(test.users, rows.users) & np.isin(test.movies, rows.movies)
    model = _libmf_model(task, quiet=False)
    model.mf_train_test(_libmf_table(rows, rows), _libmf_table(rows, test.take(known)))


SYSTEMS: dict[str, Callable[[Rows, Task], Fitted]] = {
    "reelhouse": reelhouse,
    "irspack": irspack,
    "rusket": rusket,
    "implicit": implicit,
    "libmf": libmf,
}


def _libmf_model(task: Task, *, quiet: bool) -> Any:
    from libmf import mf

    return mf.MF(
        fun=mf.P_L2_MFR,
        k=task.factors,
        nr_iters=task.iterations,
        nr_threads=task.threads,
        lambda_p2=task.reg,
        lambda_q2=task.reg,
        quiet=quiet,
    )


def _libmf_table(rows: Rows, chosen: Rows) -> NDArray[np.float32]:
    """Return ``chosen`` as LIBMF reads ratings: rows (n, 3) of user, movie and rating in float32.

    User and movie are positions among those of ``rows``.
    """
    if chosen is rows:
        columns = [_positions(rows.users), _positions(rows.movies), rows.values]
    else:
        users = np.searchsorted(np.unique(rows.users), chosen.users)
        movies = np.searchsorted(np.unique(rows.movies), chosen.movies)
        columns = [users, movies, chosen.values]
    return np.column_stack([column.astype(np.float32) for column in columns])


def _matrix(rows: Rows, values: NDArray[np.float32]) -> Any:
    """Return the sparse matrix (users, movies) with the rows and columns in the order of ids."""
    from scipy.sparse import csr_matrix

    return csr_matrix((values, (_positions(rows.users), _positions(rows.movies))))


def _positions(ids: NDArray[np.int64]) -> NDArray[Any]:
    """Return the position of each id among the distinct ids, by the hash table of pandas."""
    from pandas import factorize

    positions: NDArray[Any] = factorize(ids, sort=True)[0]
    return positions


def _start_and_iteration(fit: Callable[[int], Any], iterations: int) -> tuple[Any, float, float]:
    """Return the model of a fit, the seconds before its iterations, and those of an iteration."""
    start = perf_counter()
    fit(1)
    short = perf_counter() - start
    start = perf_counter()
    model = fit(iterations)
    long = perf_counter() - start
    iteration = (long - short) / (iterations - 1)
    return model, max(0.0, long - iterations * iteration), iteration


def _seconds(pack: float, iteration: float, recommend_all: float | None) -> dict[str, float]:
    seconds = {"pack": pack, "iteration": iteration}
    return seconds if recommend_all is None else {**seconds, "recommend_all": recommend_all}
