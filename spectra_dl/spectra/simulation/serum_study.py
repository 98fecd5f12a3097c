"""A simulated serum study whose truth is known: the best score ANY method can reach follows from how it is simulated.

Each patient has latent log-amplitudes of fourteen groups of Raman bands (:mod:`spectra_dl.spectra.simulation.serum_bands`), taken relative
to one another so that they sum to zero. They are normally distributed with the same covariance in both classes, and the
class means lie at a given Mahalanobis distance d. So the best possible patient AUC is Φ(d/√2) and the best possible
accuracy of balanced classes Φ(d/2) (Fisher's linear discriminant; Fukunaga 1990, Introduction to Statistical Pattern
Recognition, chapter 3). Concentration, laser power, focus, fluorescence, session and noise carry no class information.

Levels, noise and spikes are calibrated to real raw saliva spectra; ``docs/simulated_study.md`` sets both side by side.
Nothing here is real.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, text_array
from spectra_dl.errors import UsageError
from spectra_dl.spectra.simulation.detector import detect, draw_spikes
from spectra_dl.spectra.simulation.line_shapes import band_patterns
from spectra_dl.spectra.simulation.log_ratios import (
    centring,
    draw_relative,
    relative_covariance,
    relative_inverse,
    square_root,
)
from spectra_dl.spectra.simulation.optics import (
    GAIN_VARIATION,
    background_curves,
    draw_background,
    log_normal,
)
from spectra_dl.spectra.simulation.patients import draw_classes, patients_table
from spectra_dl.spectra.simulation.serum_bands import SERUM_BANDS
from spectra_dl.spectra.table import SpectraTable

BoolArray = NDArray[np.bool_]

POSITIVE_LABEL = "bone metastasis"
NEGATIVE_LABEL = "no metastasis"

#: Median fluorescence in counts by name; "medium" is what the saliva spectra show.
FLUORESCENCE_COUNTS = {"low": 5_000.0, "medium": 15_000.0, "high": 30_000.0}

# Counts of phenylalanine's band at 1003 cm⁻¹ at the median gain. Saliva, with a small part of serum's protein, shows
# about 700; ours has the height of the saliva spectra's strongest feature, about .17 of the level.
PHENYLALANINE_COUNTS = 2_500.0
# Spectra of one patient differ in their latents by this share of the variation between patients.
REPLICATE_SHARE = 0.15
PATIENTS_PER_SESSION = 20
SESSION_SHIFT_SD = 0.3  # cm⁻¹; a point of the default axis is 1.4 cm⁻¹ wide

_NORMAL = NormalDist()


@dataclass(frozen=True, kw_only=True)
class StudySettings:
    """What a simulated study is to hold.

    Attributes
    ----------
    patients, spectra_per_patient
        Numbers; the defaults are those of Shao et al. 2020, doi 10.1016/j.nano.2020.102245.
    n_wavenumbers, low, high
        Points of the even axis and its ends in cm⁻¹.
    prevalence
        Share of patients with bone metastasis, above 0 and below 1.
    distance
        Mahalanobis distance of the class means of the patients' latents; 0 makes a study without any signal. The default
        allows 81.6 % accuracy.
    fluorescence
        "low", "medium" or "high", or the median fluorescence in counts.
    seed
        The same seed and settings give the same study.

    Raises
    ------
    UsageError
        A value is out of its range.
    """

    patients: int = 427
    spectra_per_patient: int = 3
    n_wavenumbers: int = 1000
    low: float = 400.0
    high: float = 1800.0
    prevalence: float = 0.5
    distance: float = 1.8
    fluorescence: Literal["low", "medium", "high"] | float = "medium"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("patients", 2), ("spectra_per_patient", 1), ("n_wavenumbers", 16), ("seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise UsageError(f"{name} is {value!r}; give a whole number of at least {least}")
        if not 0 < self.low < self.high < math.inf:
            raise UsageError(
                f"the axis {self.low} to {self.high} cm⁻¹ of the simulated study; give 0 < low < high"
            )
        if not 0 < self.prevalence < 1:
            raise UsageError(f"prevalence is {self.prevalence}; give a share above 0 and below 1")
        if not 0 <= self.distance < math.inf:
            raise UsageError(f"distance is {self.distance}; give 0 or more")
        if not 0 <= self.fluorescence_counts < math.inf:
            raise UsageError(f"fluorescence is {self.fluorescence}; give 0 counts or more")

    @property
    def fluorescence_counts(self) -> float:
        """Median fluorescence in counts."""
        if not isinstance(self.fluorescence, str):
            return float(self.fluorescence)
        if self.fluorescence not in FLUORESCENCE_COUNTS:
            names = ", ".join(FLUORESCENCE_COUNTS)
            raise UsageError(f"fluorescence is {self.fluorescence!r}; give {names} or a number of counts")
        return FLUORESCENCE_COUNTS[self.fluorescence]


@dataclass(frozen=True, eq=False)
class StudyTruth:
    """The truth behind the simulated spectra; m patients, n spectra, p points, k band groups.

    Attributes
    ----------
    best_auc, best_accuracy
        The highest expected values that any method can reach on patients, by construction.
    patient, positive
        ``(m,)`` id, and whether with bone metastasis.
    latents
        ``(m, k)`` log-amplitudes of the band groups relative to one another; each row sums to 0.
    shift, covariance
        ``(k,)`` difference of the class means and ``(k, k)`` covariance within a class of ``latents``.
    log_likelihood_ratio
        ``(m,)`` of the latents, positive class over negative, at equal prevalence: the best possible score.
    bands, baseline
        ``(n, p)`` noiseless counts of the Raman bands and of the fluorescence.
    spikes
        ``(n, p)`` counts added by cosmic rays, 0 elsewhere.
    gain
        ``(n,)`` factor common to bands and fluorescence.
    axis_shift
        ``(n,)`` cm⁻¹ by which the session displaced the true bands.
    """

    best_auc: float
    best_accuracy: float
    patient: TextArray
    positive: BoolArray
    latents: FloatArray
    shift: FloatArray
    covariance: FloatArray
    log_likelihood_ratio: FloatArray
    bands: FloatArray
    baseline: FloatArray
    spikes: FloatArray
    gain: FloatArray
    axis_shift: FloatArray


@dataclass(frozen=True, eq=False)
class SimulatedStudy:
    """Simulated spectra and the truth behind them."""

    table: SpectraTable
    truth: StudyTruth


def simulate_study(settings: StudySettings | None = None) -> SimulatedStudy:
    """Simulate serum spectra of patients with and without bone metastasis.

    Each cause draws from its own stream of random numbers, so the same seed gives the same patients at every
    fluorescence.

    Parameters
    ----------
    settings
        What to simulate; None takes the defaults.

    Examples
    --------
    >>> study = simulate_study(StudySettings(patients=4, distance=1.8))
    >>> study.table.intensity.shape
    (12, 1000)
    >>> round(study.truth.best_auc, 3), round(study.truth.best_accuracy, 3)
    (0.898, 0.816)
    """
    settings = settings or StudySettings()
    seeds = np.random.SeedSequence(settings.seed).spawn(6)
    people, replicates, optics, background, sessions, detector = map(np.random.default_rng, seeds)
    # (n,) each spectrum's patient
    owner = np.repeat(np.arange(settings.patients), settings.spectra_per_patient)

    positive = draw_classes(people, settings.patients, settings.prevalence)
    shift, covariance = class_shift_and_covariance(settings.distance)
    spread = square_root(covariance)
    latents = draw_relative(people, positive.size, spread) + (positive[:, None] - 0.5) * shift  # (m, k)
    amplitude = np.exp(
        latents[owner] + REPLICATE_SHARE * draw_relative(replicates, owner.size, spread)
    )  # (n, k)
    gain = log_normal(optics, owner, GAIN_VARIATION)
    session, displacement = _draw_sessions(sessions, settings.patients)

    wavenumber = np.linspace(settings.low, settings.high, settings.n_wavenumbers)
    bands = gain[:, None] * _band_counts(amplitude, wavenumber, session[owner], displacement)
    curves = background_curves(*draw_background(background, owner), wavenumber.size)
    baseline = (gain * settings.fluorescence_counts)[:, None] * curves
    spikes = draw_spikes(detector, bands.shape)
    intensity = detect(detector, bands + baseline, spikes)

    patient = text_array([f"P{number + 1:03d}" for number in range(settings.patients)])
    truth = StudyTruth(
        best_auc=best_auc(settings.distance),
        best_accuracy=best_accuracy(settings.distance, float(positive.mean())),
        patient=patient,
        positive=positive,
        latents=latents,
        shift=shift,
        covariance=covariance,
        log_likelihood_ratio=latents @ relative_inverse(covariance) @ shift,
        bands=bands,
        baseline=baseline,
        spikes=spikes,
        gain=gain,
        axis_shift=displacement[session[owner]],
    )
    return SimulatedStudy(_table(settings, wavenumber, intensity, truth, session), truth)


def best_auc(distance: float) -> float:
    """Return the highest AUC that two normal classes of equal covariance at Mahalanobis ``distance`` allow."""
    return _NORMAL.cdf(distance / math.sqrt(2))


def best_accuracy(distance: float, prevalence: float = 0.5) -> float:
    """Return the highest expected accuracy that two normal classes of equal covariance allow when their prevalence is known.

    Parameters
    ----------
    distance
        Mahalanobis distance of the class means, 0 or more.
    prevalence
        Share of one class, above 0 and below 1.
    """
    if distance == 0:
        return max(prevalence, 1 - prevalence)
    threshold_shift = math.log(prevalence / (1 - prevalence)) / distance
    return prevalence * _NORMAL.cdf(distance / 2 + threshold_shift) + (1 - prevalence) * _NORMAL.cdf(
        distance / 2 - threshold_shift
    )


def class_shift_and_covariance(distance: float) -> tuple[FloatArray, FloatArray]:
    """Return the ``(k,)`` difference of the class means and the ``(k, k)`` covariance of the latents.

    Both lie in the subspace of vectors that sum to zero (centred log-ratios; Aitchison 1982,
    doi 10.1111/j.2517-6161.1982.tb01195.x), so a factor common to all bands can't change them.
    """
    covariance = relative_covariance(SERUM_BANDS)
    direction = centring(len(SERUM_BANDS)) @ np.array(
        [group.disease * group.variation for group in SERUM_BANDS]
    )
    length = math.sqrt(float(direction @ relative_inverse(covariance) @ direction))
    return distance / length * direction, covariance


def _draw_sessions(generator: np.random.Generator, patients: int) -> tuple[IndexArray, FloatArray]:
    """Return the session of each patient, independent of its class, and the displacement of each session in cm⁻¹."""
    sessions = math.ceil(patients / PATIENTS_PER_SESSION)
    session = generator.permutation(patients) // PATIENTS_PER_SESSION
    return session, SESSION_SHIFT_SD * generator.standard_normal(sessions)


def _band_counts(
    amplitude: FloatArray, wavenumber: FloatArray, session: IndexArray, displacement: FloatArray
) -> FloatArray:
    counts = np.empty((len(amplitude), wavenumber.size))
    for number, shift in enumerate(displacement):
        rows = session == number
        counts[rows] = amplitude[rows] @ band_patterns(SERUM_BANDS, wavenumber - shift)  # (r, k) @ (k, p)
    return PHENYLALANINE_COUNTS * counts


def _table(
    settings: StudySettings,
    wavenumber: FloatArray,
    intensity: FloatArray,
    truth: StudyTruth,
    session: IndexArray,
) -> SpectraTable:
    return patients_table(
        intensity,
        wavenumber,
        truth.patient,
        label=[POSITIVE_LABEL if positive else NEGATIVE_LABEL for positive in truth.positive],
        batch=[f"session {number + 1:02d}" for number in session],
        source=f"simulated study, seed {settings.seed}",
        notes=(f"These spectra are simulated (seed {settings.seed}); no patient was measured.",),
    )
