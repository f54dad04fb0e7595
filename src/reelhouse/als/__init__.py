"""Alternating least squares: fit factors of users and movies to ratings."""

from reelhouse.als.fit import Fit, Iteration, alternate, fit
from reelhouse.als.fold_in import fold_in, fold_in_users
from reelhouse.als.packing import pack, threads_of
from reelhouse.als.settings import Settings, Solver

__all__ = [
    "Fit",
    "Iteration",
    "Settings",
    "Solver",
    "alternate",
    "fit",
    "fold_in",
    "fold_in_users",
    "pack",
    "threads_of",
]
