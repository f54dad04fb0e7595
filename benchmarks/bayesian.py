"""`python -m benchmarks.bayesian`: errors of the Bayesian factorisation on u1 to u5."""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np

from benchmarks.published.read import read_source
from benchmarks.published.splits import Fold, folds_in_file_order
from reelhouse.als import LocalRatings
from reelhouse.bayes import Settings, sample_mf
from reelhouse.ingest.sources import DEFAULT

LOWEST, HIGHEST = 1, 5
# Half of a normal distribution is within 0.674 standard deviations of its mean, and so on.
INTERVALS = {50: 0.674, 80: 1.282, 95: 1.960}


def main() -> None:
    """Fit the folds and print the RMSE, the coverage of intervals and the seconds of each."""
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bayesian")
    parser.add_argument("--factors", type=int, default=defaults.factors)
    parser.add_argument("--sweeps", type=int, default=defaults.sweeps)
    parser.add_argument("--burn-in", type=int, default=defaults.burn_in)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    settings = Settings(options.factors, options.sweeps, options.burn_in)
    folds = list(folds_in_file_order(read_source(DEFAULT).ratings))
    print("| fold | RMSE | " + " | ".join(f"in {share} %" for share in INTERVALS) + " | seconds |")
    print("|---" * (len(INTERVALS) + 3) + "|")
    rows = np.array([_measure(fold, settings, options.threads, options.seed) for fold in folds])
    names = [*(f"u{number + 1}" for number in range(len(folds))), "mean"]
    for name, row in zip(names, [*rows, rows.mean(axis=0)], strict=True):
        rmse, *covered, seconds = row
        shares = " | ".join(f"{100 * share:.1f}" for share in covered)
        print(f"| {name} | {rmse:.4f} | {shares} | {seconds:.1f} |")


def _measure(fold: Fold, settings: Settings, threads: int, seed: int) -> list[float]:
    """Return the RMSE of one fold, the share of ratings in each interval, and the seconds."""
    user_ids, movie_ids, actual = fold.test
    began = perf_counter()
    packed = LocalRatings(*fold.train, threads=threads)
    fitted = sample_mf(packed, settings, seed=seed, held_out=(user_ids, movie_ids))
    seconds = perf_counter() - began
    errors = np.clip(fitted.predictions, LOWEST, HIGHEST) - actual
    deviations = np.abs(fitted.predictions - actual) / fitted.stddevs
    covered = [np.mean(deviations < width) for width in INTERVALS.values()]
    return [float(np.sqrt(np.mean(errors**2))), *map(float, covered), seconds]


if __name__ == "__main__":
    main()
