"""Alternating least squares: fit factors of users and movies to ratings."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reelhouse.als.fitting import Fit, Iteration, fit, fit_packed
    from reelhouse.als.new_users import fold_in, fold_in_users
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

_MODULES = {
    **dict.fromkeys(("Fit", "Iteration", "fit", "fit_packed"), "fitting"),
    **dict.fromkeys(("fold_in", "fold_in_users"), "new_users"),
    **dict.fromkeys(("driver_threads", "pack"), "packing"),
    "LocalRatings": "ratings",
    **dict.fromkeys(("Settings", "Solver"), "settings"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is used: numba, which fits need, takes a second to import."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
