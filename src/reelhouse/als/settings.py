"""Parameters of a fit: their meaning and their valid values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from reelhouse.errors import ReelhouseError

Feedback = Literal["explicit", "implicit", "graded"]
Solver = Literal["cg", "cholesky"]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Settings:
    """Parameters of one fit, as in a row of seeds/algorithms.csv.

    A fit minimises, over the factors u of users and m of movies,

        Σ over observed pairs  weight · (target - u·m)²
        + unobserved_weight · Σ over all pairs (u·m)²
        + Σ over users  ridge(n, movies) · |u|² + Σ over movies  ridge(n, users) · |m|²

    where n is the number of observed pairs of the user or movie, and
    ``ridge(n, N) = reg · (n + unobserved_weight · N) ** reg_exponent``
    (Rendle et al. 2021, "Revisiting the Performance of iALS on Item Recommendation Benchmarks").

    Attributes
    ----------
    factors
        Number of factors of a user or movie.
    reg
        Regularisation, above 0.
    iterations
        Number of iterations, each of which solves all movies and all users.
    feedback
        ``explicit``: the target is the rating or its residual, with weight 1. Without an
        ``unobserved_weight``, and with ``reg_exponent`` 1, this is ALS-WR (Zhou et al. 2008), the
        objective of MLlib. ``implicit``: the value r > 0 of an observed pair is a strength; one of
        ``unobserved_weight`` and ``alpha`` sets its weight. ``graded``: the target is between 0 for
        the lowest and 1 for a relevant rating, with weight 1, and needs an ``unobserved_weight``.
    reg_exponent
        Exponent of the number of pairs in the regularisation: 1 as in ALS-WR, 0 for a constant.
    alpha
        Implicit feedback of Hu, Koren & Volinsky (2008), as in MLlib: an observed pair has the
        weight 1 + alpha · r, a missing pair has the weight 1, and the regularisation counts
        observed pairs only.
    unobserved_weight
        Weight of the squared score of every pair. Under implicit feedback an observed pair has the
        target 1 and the weight r.
    biases
        Explicit feedback only: u is (bias, 1, factors …) and m (1, bias, factors …), both of
        length ``factors + 2``. Biases are regularised like the factors; the constant 1 is not.
    solver
        ``cg``: ``cg_steps`` conjugate-gradient steps from the factors of the last iteration.
        ``cholesky``: the exact solution.
    cg_steps
        Number of conjugate-gradient steps.
    """

    factors: int
    reg: float
    iterations: int
    feedback: Feedback
    reg_exponent: float = 1.0
    alpha: float | None = None
    unobserved_weight: float | None = None
    biases: bool = False
    solver: Solver = "cg"
    cg_steps: int = 3

    def __post_init__(self) -> None:
        """Refuse invalid parameters; the error names the column of seeds/algorithms.csv."""
        check_at_least("factors", self.factors, 1)
        check_at_least("iterations", self.iterations, 1)
        check_above_0("reg", self.reg)
        if self.alpha is not None:
            check_above_0("alpha", self.alpha)
        check_between("reg_exponent", self.reg_exponent, 0, 1)
        if self.feedback not in get_args(Feedback):
            choices = " or ".join(get_args(Feedback))
            raise _invalid(f"feedback is {self.feedback}: set it to {choices}")
        if self.solver not in get_args(Solver):
            raise ReelhouseError(f"the var als_solver is {self.solver}: set it to cg or cholesky")
        if self.cg_steps < 1:
            raise ReelhouseError(f"cg_steps is {self.cg_steps}: set it to 1 or more")
        if self.feedback == "graded" and not self.unobserved_weight:
            raise _invalid("graded feedback takes an unobserved_weight above 0")
        if self.feedback != "implicit" and self.alpha is not None:
            raise _invalid("alpha belongs to implicit feedback: leave it empty")
        if self.feedback == "implicit" and (self.alpha is None) == (self.unobserved_weight is None):
            raise _invalid("implicit feedback takes either alpha or unobserved_weight")
        if self.biases and (self.feedback != "explicit" or self.unobserved_weight):
            raise _invalid("biased_als takes explicit feedback and no unobserved_weight")
        if self.unobserved_weight is not None:
            check_at_least("unobserved_weight", self.unobserved_weight, 0)

    @property
    def width(self) -> int:
        """Return how many numbers a user or movie has, biases included."""
        return self.factors + 2 * self.biases

    @property
    def weight_of_all_pairs(self) -> float:
        """Return the weight of the squared score of every pair in the objective."""
        return 1.0 if self.alpha is not None else self.unobserved_weight or 0.0

    def ridge(self, counts: Ints, columns: int) -> Floats:
        """Return the ridge (rows,) of rows with ``counts`` (rows,) observations each.

        ``columns`` is the number of users or movies on the other side.
        """
        missing = (self.unobserved_weight or 0.0) * columns
        ridge: Floats = (self.reg * (counts + missing) ** self.reg_exponent).astype(np.float32)
        return ridge

    def check_values(self, values: Floats) -> None:
        """Refuse values (n,) of 0 or less under implicit feedback."""
        if self.feedback == "implicit" and len(values) and values.min() <= 0:
            raise ReelhouseError("implicit feedback needs strengths above 0")


def check_at_least(name: str, value: float | None, lowest: int) -> None:
    """Refuse a parameter that is missing, infinite, not a number, or below ``lowest``.

    Raises
    ------
    ReelhouseError
        The message has the column ``name`` of seeds/algorithms.csv and the value.
    """
    if value is None or not lowest <= value < np.inf:
        raise _invalid(f"{name} is {value}: set it to {lowest} or more")


def check_above_0(name: str, value: float | None) -> None:
    """Refuse a parameter that is missing, infinite, not a number, or not above 0.

    Raises
    ------
    ReelhouseError
        The message has the column ``name`` of seeds/algorithms.csv and the value.
    """
    if value is None or not 0 < value < np.inf:
        raise _invalid(f"{name} is {value}: set it above 0")


def check_between(name: str, value: float | None, lowest: float, highest: float) -> None:
    """Refuse a parameter that is missing, not a number, or not from ``lowest`` to ``highest``.

    Raises
    ------
    ReelhouseError
        The message has the column ``name`` of seeds/algorithms.csv and the value.
    """
    if value is None or not lowest <= value <= highest:
        raise _invalid(f"{name} is {value}: set it to a number from {lowest:g} to {highest:g}")


def _invalid(reason: str) -> ReelhouseError:
    return ReelhouseError(f"seeds/algorithms.csv: {reason}")
