"""The task of one process, which runs in the environment of Reelhouse or in that of its peers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Task:
    """What one process fits.

    Attributes
    ----------
    system
        Name in ``systems.SYSTEMS``.
    ratings
        File of ``data.write_split``.
    folder
        Where the process writes its seconds and factors.
    factors, iterations, cg_steps, threads, seed
        As in a fit of Reelhouse.
    reg
        λ of the objective in ``systems``.
    alpha
        Factor of the ratings in the confidence; None for explicit feedback.
    n
        Number of movies in a list.
    curve
        Only report the RMSE of the held-out ratings after each iteration.
    """

    system: str
    ratings: str
    folder: str
    factors: int
    iterations: int
    cg_steps: int
    threads: int
    seed: int
    reg: float
    alpha: float | None
    n: int
    curve: bool = False

    def to_json(self) -> str:
        """Return the task as the argument of a process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the task of the argument of a process."""
        return cls(**json.loads(text))


class Rows(NamedTuple):
    """User ids, movie ids (int64) and ratings (float32), each (n,)."""

    users: NDArray[np.int64]
    movies: NDArray[np.int64]
    values: NDArray[np.float32]

    def take(self, chosen: Any) -> Rows:
        """Return the rows of an index or a mask."""
        return Rows(*(column[chosen] for column in self))


def read_rows(ratings: str, part: str) -> Rows:
    """Read the part ``train`` or ``test`` of a file of ``data.write_split``."""
    with np.load(ratings) as arrays:
        return Rows(*(arrays[f"{part}_{column}"] for column in Rows._fields))
