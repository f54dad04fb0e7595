"""Alternating least squares: fit factors of users and movies to ratings."""

from reelhouse.als.fit import Fit, Iteration, fit, fit_packed
from reelhouse.als.fold_in import fold_in, fold_in_users
from reelhouse.als.packing import driver_threads, pack
from reelhouse.als.ratings import LocalRatings
from reelhouse.als.settings import Settings, Solver

__all__ = [
    "Fit",
    "Iteration",
    "LocalRatings",
    "Settings",
    "Solver",
    "driver_threads",
    "fit",
    "fit_packed",
    "fold_in",
    "fold_in_users",
    "pack",
]
