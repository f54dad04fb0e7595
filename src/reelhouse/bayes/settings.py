"""Parameters of a Bayesian factorisation: their meaning and their valid values."""

from __future__ import annotations

from dataclasses import dataclass, field

from reelhouse.als.settings import check_above_0, check_at_least
from reelhouse.errors import ReelhouseError


@dataclass(frozen=True)
class Priors:
    """Priors of the model, for values with mean 0 and standard deviation 1.

    A row has k = factors + 1 numbers. Gamma distributions are written (shape, rate), so that their
    mean is shape / rate.

    Attributes
    ----------
    row_degrees
        The precision Λ of the rows of a side has the prior Wishart(row_degrees + k, identity).
    mean_strength
        The mean of the rows has the prior N(0, (mean_strength · Λ)⁻¹), which weighs as much as
        ``mean_strength`` rows. The mean of the bag vectors has such a prior with their precision.
    bag_shape, bag_rate
        The precision of the bag vectors has the prior Gamma(bag_shape, bag_rate), per column.
    noise_shape, noise_rate
        The precision of the noise has the prior Gamma(noise_shape, noise_rate).
    spread_degrees
        The precision of the noise of a user or movie, relative to the others, has the prior
        Gamma(spread_degrees / 2, spread_degrees / 2), whose mean is 1. The more degrees, the more
        equal the noise. Must be above 2, so that the mean variance is finite.
    """

    row_degrees: float = 0.0
    mean_strength: float = 2.0
    bag_shape: float = 0.5
    bag_rate: float = 0.5
    noise_shape: float = 0.5
    noise_rate: float = 0.5
    spread_degrees: float = 10.0

    def __post_init__(self) -> None:
        """Refuse a prior that is no distribution; the error names the parameter."""
        check_at_least("row_degrees", self.row_degrees, 0)
        for name in ("mean_strength", "bag_shape", "bag_rate", "noise_shape", "noise_rate"):
            check_above_0(name, getattr(self, name))
        if not 2 < self.spread_degrees < float("inf"):
            raise ReelhouseError(f"spread_degrees is {self.spread_degrees}: set it above 2")


@dataclass(frozen=True)
class Settings:
    """Parameters of one fit.

    Attributes
    ----------
    factors
        Number of factors of a user or movie, biases not included.
    sweeps
        Number of sweeps, each of which draws every parameter once. All sweeps after ``burn_in``
        count in the averages.
    burn_in
        Number of first sweeps that the averages leave out, below ``sweeps``.
    bags
        Whether a user's row includes vectors of the movies that the user rated, and a movie's row
        vectors of the users who rated it.
    own_noise
        Whether the precision of the noise differs between users and between movies.
    over_relaxation
        How far draws of rows and bag vectors are reflected at their mean, from 0 (independent
        draws) to below 1. With over-relaxation, averages need fewer sweeps. The burn-in has
        independent draws.
    mean_factors
        Number of factors of the averaged scores; by default twice ``factors``. The average of the
        products over sweeps has a higher rank than the product of one sweep.
    priors
        Priors of the model.
    """

    factors: int = 16
    sweeps: int = 400
    burn_in: int = 20
    bags: bool = True
    own_noise: bool = True
    over_relaxation: float = 0.9
    mean_factors: int | None = None
    priors: Priors = field(default_factory=Priors)

    def __post_init__(self) -> None:
        """Refuse invalid parameters; the error names the column of seeds/algorithms.csv."""
        check_at_least("factors", self.factors, 1)
        check_at_least("sweeps", self.sweeps, 1)
        check_at_least("burn_in", self.burn_in, 0)
        if self.burn_in >= self.sweeps:
            raise ReelhouseError(
                f"seeds/algorithms.csv: burn_in is {self.burn_in}: set it below sweeps"
                f" ({self.sweeps})"
            )
        if not 0 <= self.over_relaxation < 1:
            raise ReelhouseError(
                f"over_relaxation is {self.over_relaxation}: set it to 0 or more, below 1"
            )
        if self.mean_factors is not None:
            check_at_least("mean_factors", self.mean_factors, 1)

    @property
    def width(self) -> int:
        """Return how many numbers a row has: the bias, then the factors."""
        return self.factors + 1
