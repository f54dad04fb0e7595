"""Parameters of a fit, what they mean, and which values make sense."""

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
    """Parameters of one fit, as a row of seeds/algorithms.csv states them.

    A fit looks for user factors u and movie factors m that make small

        Σ over observed  weight · (target - u·m)²
        + unobserved_weight · Σ over all pairs (u·m)²
        + Σ over users  ridge(n, movies) · |u|² + Σ over movies  ridge(n, users) · |m|²

    where n counts the observations of the user or movie, and
    ``ridge(n, others) = reg · (n + unobserved_weight · others) ** reg_exponent``
    (Rendle et al. 2021, "Revisiting the Performance of iALS on Item Recommendation Benchmarks").

    Explicit feedback: target is the rating, or what a bias leaves over. Without an
    ``unobserved_weight`` and at exponent 1 this is ALS-WR (Zhou et al. 2008), as MLlib has it.
    Graded feedback: target is how far a rating is on the way to a relevant one, from 0 to 1, and
    the ``unobserved_weight`` makes every missing pair a weak 0.
    Implicit feedback: the observation r > 0 is a strength, and the target is 1; one of
    ``unobserved_weight`` (weight r) and ``alpha`` says how an observed pair compares to a missing
    one. ``alpha`` is the form of Hu, Koren & Volinsky 2008, as MLlib has it: weight 1 + alpha · r
    for an observed pair, 1 for a missing one, and ridge(n) counts observed pairs only.

    With ``biases`` (explicit feedback only) u is (bias, 1, factors …) and m (1, bias, factors …),
    both of length ``factors + 2``. The biases are fitted and regularised like the factors; the
    constant 1 is not.
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
        """Refuse what has no meaning, naming the column of seeds/algorithms.csv."""
        at_least_1: dict[str, float] = {"factors": self.factors, "iterations": self.iterations}
        above_0: dict[str, float] = {"reg": self.reg}
        if self.alpha is not None:
            above_0["alpha"] = self.alpha
        for name, value in at_least_1.items():
            if value is None or value < 1:
                raise _refused(f"{name} is {value}: set it to 1 or more")
        for name, value in above_0.items():
            if value is None or not 0 < value < np.inf:
                raise _refused(f"{name} is {value}: set it above 0")
        if self.feedback not in get_args(Feedback):
            choices = " or ".join(get_args(Feedback))
            raise _refused(f"feedback is {self.feedback}: set it to {choices}")
        if self.solver not in get_args(Solver):
            raise ReelhouseError(f"the var als_solver is {self.solver}: set it to cg or cholesky")
        if self.cg_steps < 1:
            raise ReelhouseError(f"cg_steps is {self.cg_steps}: set it to 1 or more")
        if self.feedback == "graded" and not self.unobserved_weight:
            raise _refused("graded feedback takes an unobserved_weight above 0")
        if self.feedback != "implicit" and self.alpha is not None:
            raise _refused("alpha belongs to implicit feedback: leave it empty")
        if self.feedback == "implicit" and (self.alpha is None) == (self.unobserved_weight is None):
            raise _refused("implicit feedback takes either alpha or unobserved_weight")
        if self.biases and (self.feedback != "explicit" or self.unobserved_weight):
            raise _refused("biased_als takes explicit feedback and no unobserved_weight")
        if not 0 <= (self.unobserved_weight or 0) < np.inf:
            raise _refused(f"unobserved_weight is {self.unobserved_weight}: set it to 0 or more")

    @property
    def width(self) -> int:
        """How many numbers a user or movie has."""
        return self.factors + 2 * self.biases

    @property
    def weight_of_all(self) -> float:
        """Weight of every pair's squared score in the objective."""
        return 1.0 if self.alpha is not None else self.unobserved_weight or 0.0

    def ridge(self, counts: Ints, others: int) -> Floats:
        """Ridge of rows with ``counts`` (rows,) observations of ``others`` possible ones."""
        missing = (self.unobserved_weight or 0.0) * others
        ridge: Floats = (self.reg * (counts + missing) ** self.reg_exponent).astype(np.float32)
        return ridge

    def check(self, values: Floats) -> None:
        """Refuse observations of values (n,) that the feedback gives no meaning."""
        if self.feedback == "implicit" and len(values) and values.min() <= 0:
            raise ReelhouseError("implicit feedback needs strengths above 0")

    def observations(self, values: Floats) -> tuple[Floats, Floats]:
        """Return targets (n,) and weights of finite values (n,).

        Weights are (n,), or (0,) if every observation has the weight 1. Hu's confidence
        1 + alpha · r, beside a weight of 1 for every pair, is the weight alpha · r of the target
        (1 + alpha · r) / (alpha · r): the same objective up to a constant.
        """
        if self.feedback != "implicit":
            return values, values[:0]
        if self.alpha is None:
            strengths = values[:0] if (values == 1).all() else values
            return np.ones_like(values), strengths
        strengths = np.float32(self.alpha) * values
        return (1 + strengths) / strengths, strengths


def _refused(reason: str) -> ReelhouseError:
    return ReelhouseError(f"seeds/algorithms.csv: {reason}")
