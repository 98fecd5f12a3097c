"""Shares of classes that differ between patients or slides: what their counts say of the mean, and of how much they differ.

Counts of one patient are multinomial, and patients' shares are Dirichlet around the mean (Mosimann, Biometrika 1962, 49:65; with two classes beta-binomial).
Priors: Jeffreys' Dirichlet of 1/2 for the mean (Brown, Cai and DasGupta, Stat Sci 2001, 16:101), and a uniform one for the standard deviation between patients, as
a share of the largest there can be (Gelman, Bayesian Anal 2006, 1:515): its square is the intraclass correlation.
"""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray

PRIOR = 0.5
_DEVIATIONS = (np.arange(40) + 0.5) / 40
_CORRELATIONS = _DEVIATIONS**2
_PROPOSED = 2  # draws for each that is kept
_TEMPER = 0.7  # so that proposals spread wider than the posterior, and none weighs much
_LEAST = 1e-290  # of a share that is drawn: its logarithm is finite, and that of the gamma function of a share of it


@dataclass(frozen=True, eq=False)
class PopulationDraws:
    """Draws of what patients or slides have in common, given their counts.

    Attributes
    ----------
    mean
        ``(b, c)`` shares of all together.
    correlation
        ``(b,)`` intraclass correlation, from 0 (all have the same shares) to 1 (each has one class).
    """

    mean: FloatArray
    correlation: FloatArray

    def members(self, counts: IndexArray, generator: np.random.Generator) -> FloatArray:
        """Return shares ``(b, c)`` of one patient or slide in each draw, given its own counts.

        Parameters
        ----------
        counts
            ``(b, c)``; zeros of one of which nothing is known.
        generator
            Of random numbers.
        """
        precision = (1 - self.correlation) / self.correlation
        return dirichlet(precision[:, np.newaxis] * self.mean + counts, generator)


def population_draws(counts: IndexArray, draws: int, generator: np.random.Generator) -> PopulationDraws:
    """Return draws of the mean and of the correlation from their posterior, by sampling and importance resampling (Rubin 1988, Bayesian Statistics 3:395).

    They are proposed as if, at a given correlation, counts stood for as many independent images as say the same of the mean (Kish's design effect), and
    resampled by the likelihood of the counts.

    Parameters
    ----------
    counts
        ``(m, c)`` of patients or slides; of none where m is 0.
    draws
        How many.
    generator
        Of random numbers.
    """
    images = counts.sum(axis=1, keepdims=True)
    alike = [PRIOR + (counts / (1 + np.maximum(images - 1, 0) * each)).sum(axis=0) for each in _CORRELATIONS]
    proposal = np.array(alike)
    total = proposal.sum(axis=1)
    # Of means in c - 1 dimensions, the wider their posterior the likelier a correlation (Laplace).
    likelihood = _log_likelihood(counts, proposal / total[:, np.newaxis], _CORRELATIONS)
    chance = _proportional(_TEMPER * (likelihood - (counts.shape[1] - 1) / 2 * np.log(total)))
    chosen = generator.choice(len(_CORRELATIONS), size=_PROPOSED * draws, p=chance)
    mean, correlation = dirichlet(proposal[chosen], generator), _CORRELATIONS[chosen]
    weight = _log_likelihood(counts, mean, correlation) - np.log(chance[chosen])
    weight += _log_density(mean, np.full_like(mean, PRIOR)) - _log_density(mean, proposal[chosen])
    kept = generator.choice(len(mean), size=draws, p=_proportional(weight))
    return PopulationDraws(mean[kept], correlation[kept])


def dirichlet(parameters: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Return a draw ``(b, c)`` for each row of parameters ``(b, c)``, all above 0.

    Parameters
    ----------
    parameters
        Of the Dirichlet distributions.
    generator
        Of random numbers.
    """
    drawn = np.maximum(generator.standard_gamma(parameters), _LEAST)
    shares: FloatArray = drawn / drawn.sum(axis=1, keepdims=True)
    return shares


def _proportional(logarithm: FloatArray) -> FloatArray:
    """Return chances that sum to 1 from logarithms of what they are proportional to."""
    chance = np.exp(logarithm - logarithm.max())
    chances: FloatArray = chance / chance.sum()
    return chances


def _log_density(shares: FloatArray, parameters: FloatArray) -> FloatArray:
    """Return the log density ``(b,)`` of shares ``(b, c)`` by Dirichlet distributions of parameters ``(b, c)``."""
    from scipy.special import gammaln

    constant = gammaln(parameters.sum(axis=1)) - gammaln(parameters).sum(axis=1)
    density: FloatArray = constant + ((parameters - 1) * np.log(shares)).sum(axis=1)
    return density


def _log_likelihood(counts: IndexArray, mean: FloatArray, correlation: FloatArray) -> FloatArray:
    """Return the Dirichlet-multinomial log likelihood ``(b,)`` of counts ``(m, c)`` given means ``(b, c)`` and correlations ``(b,)``, up to a constant."""
    precision = (1 - correlation) / correlation
    parts = [_log_rising(precision * share, column) for share, column in zip(mean.T, counts.T, strict=True)]
    likelihood: FloatArray = np.sum(parts, axis=0) - _log_rising(precision, counts.sum(axis=1))
    return likelihood


def _log_rising(start: FloatArray, counts: IndexArray) -> FloatArray:
    """Return the logarithm ``(b,)`` of rising factorials, of start (start + 1) ... for each count, multiplied over counts ``(m,)``."""
    from scipy.special import gammaln

    values, times = np.unique(counts[counts > 0], return_counts=True)
    rising: FloatArray = (gammaln(start[:, np.newaxis] + values) - gammaln(start)[:, np.newaxis]) @ times
    return rising
