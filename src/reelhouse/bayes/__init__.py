"""Bayesian matrix factorisation with bags: sample factors of users and movies from ratings."""

from reelhouse.bayes.diagnostics import effective_sample_size
from reelhouse.bayes.fit import Posterior, Sweep, sample_mf
from reelhouse.bayes.settings import Priors, Settings

__all__ = ["Posterior", "Priors", "Settings", "Sweep", "effective_sample_size", "sample_mf"]
