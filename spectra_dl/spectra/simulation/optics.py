"""What laser, focus and fluorescence do to a spectrum, calibrated to real raw saliva spectra (docs/simulated_study.md)."""

from dataclasses import dataclass, field

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray

# Standard deviations of natural logarithms, (between patients, between spectra of one patient). Gain is laser power,
# focus and concentration and scales everything; together with the fluorescence's own variation it gives the saliva
# spectra's .39 between people and .22 within.
GAIN_VARIATION = (0.25, 0.15)
FLUORESCENCE_VARIATION = (0.31, 0.16)


@dataclass(frozen=True, eq=False)
class BackgroundShape:
    """Chebyshev coefficients 1 to 4 of the log fluorescence over the axis, ``(4,)`` each.

    Attributes
    ----------
    mean
        Of all spectra.
    between, within
        Standard deviations between patients and between spectra of one patient.
    """

    mean: FloatArray = field(default_factory=lambda: np.array([-0.218, -0.017, -0.072, -0.036]))
    between: FloatArray = field(default_factory=lambda: np.array([0.091, 0.024, 0.024, 0.013]))
    within: FloatArray = field(default_factory=lambda: np.array([0.074, 0.015, 0.012, 0.006]))


SALIVA_BACKGROUND = BackgroundShape()


def log_normal(
    generator: np.random.Generator, owner: IndexArray, variation: tuple[float, float]
) -> FloatArray:
    """Return one factor of median 1 per spectrum that varies between patients and between a patient's spectra.

    Parameters
    ----------
    generator
        Source of random numbers.
    owner
        ``(n,)`` number of each spectrum's patient, ascending.
    variation
        Standard deviations of the factor's logarithm between and within patients.
    """
    between = generator.standard_normal(owner[-1] + 1)[owner]
    within = generator.standard_normal(owner.size)
    return np.asarray(np.exp(variation[0] * between + variation[1] * within))


def draw_background(
    generator: np.random.Generator, owner: IndexArray, shape: BackgroundShape = SALIVA_BACKGROUND
) -> tuple[FloatArray, FloatArray]:
    """Return the strength ``(n,)``, of median 1, and the coefficients ``(n, 4)`` of each spectrum's fluorescence.

    Parameters
    ----------
    generator
        Source of random numbers.
    owner
        ``(n,)`` number of each spectrum's patient, ascending.
    shape
        Mean and variation of the curves.
    """
    strength = log_normal(generator, owner, FLUORESCENCE_VARIATION)
    between = generator.standard_normal((owner[-1] + 1, shape.mean.size))[owner] * shape.between
    within = generator.standard_normal((owner.size, shape.mean.size)) * shape.within
    return strength, shape.mean + between + within


def background_curves(strength: FloatArray, coefficients: FloatArray, points: int) -> FloatArray:
    """Return ``(n, p)`` broad smooth backgrounds.

    Parameters
    ----------
    strength, coefficients
        ``(n,)`` and ``(n, 4)``, from `draw_background`.
    points
        How many points ``p`` the axis has.
    """
    order = coefficients.shape[1]
    curves = np.polynomial.chebyshev.chebvander(np.linspace(-1, 1, points), order)[:, 1:]  # (p, 4)
    return np.asarray(strength[:, None] * np.exp(coefficients @ curves.T))
