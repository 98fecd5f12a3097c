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
from spectra_dl.spectra.simulation.serum_bands import (
    CORRELATION_BETWEEN_FAMILIES,
    CORRELATION_WITHIN_FAMILY,
    SERUM_BANDS,
    Band,
)
from spectra_dl.spectra.table import SpectraTable

BoolArray = NDArray[np.bool_]

#: What stands in the column "origin" of every simulated table, also after a trip through a file.
SIMULATED_ORIGIN = "simulated"
POSITIVE_LABEL = "bone metastasis"
NEGATIVE_LABEL = "no metastasis"

#: Median fluorescence in counts by name; "medium" is what the saliva spectra show.
FLUORESCENCE_COUNTS = {"low": 5_000.0, "medium": 15_000.0, "high": 30_000.0}

# Counts of phenylalanine's band at 1003 cm⁻¹ at the median gain. Saliva, with a small part of serum's protein, shows
# about 700; ours has the height of the saliva spectra's strongest feature, about .17 of the level.
PHENYLALANINE_COUNTS = 2_500.0
# Standard deviations of natural logarithms, (between patients, between spectra of one patient). Gain is laser power,
# focus and concentration and scales everything; together with the fluorescence's own variation it gives the saliva
# spectra's .39 between people and .22 within.
GAIN_VARIATION = (0.25, 0.15)
FLUORESCENCE_VARIATION = (0.31, 0.16)
# Chebyshev coefficients 1 to 4 of the log fluorescence over the axis: mean, between patients, within a patient.
SHAPE_MEAN = np.array([-0.218, -0.017, -0.072, -0.036])
SHAPE_BETWEEN = np.array([0.091, 0.024, 0.024, 0.013])
SHAPE_WITHIN = np.array([0.074, 0.015, 0.012, 0.006])
# Spectra of one patient differ in their latents by this share of the variation between patients.
REPLICATE_SHARE = 0.15
ELECTRONS_PER_COUNT = 1.08  # the saliva spectra's noise variance is .92 counts per count
READ_NOISE_COUNTS = 6.0
SATURATION_COUNTS = 64_500.0
SPIKES_PER_POINT = 0.14 / 1000
SPIKE_MEDIAN_COUNTS = 2_500.0
SPIKE_LOG_SD = 0.7
PATIENTS_PER_SESSION = 20
SESSION_SHIFT_SD = 0.3  # cm⁻¹; a point of the default axis is 1.4 cm⁻¹ wide
LORENTZIAN_SHARE = 0.4

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

    positive = _draw_classes(settings, people)
    shift, covariance = class_shift_and_covariance(settings.distance)
    spread = _square_root(covariance)
    latents = _draw(people, positive.size, spread) + (positive[:, None] - 0.5) * shift  # (m, k)
    amplitude = np.exp(latents[owner] + REPLICATE_SHARE * _draw(replicates, owner.size, spread))  # (n, k)
    gain = _log_normal(optics, owner, GAIN_VARIATION)
    session, displacement = _draw_sessions(sessions, settings.patients)

    wavenumber = np.linspace(settings.low, settings.high, settings.n_wavenumbers)
    bands = gain[:, None] * _band_counts(amplitude, wavenumber, session[owner], displacement)
    baseline = (gain * settings.fluorescence_counts)[:, None] * _fluorescence(
        background, owner, wavenumber.size
    )
    spikes = _draw_spikes(detector, bands.shape)
    intensity = _detect(detector, bands + baseline, spikes)

    score = latents @ _inverse(covariance) @ shift
    patient = text_array([f"P{number + 1:03d}" for number in range(settings.patients)])
    truth = StudyTruth(
        best_auc=best_auc(settings.distance),
        best_accuracy=best_accuracy(settings.distance, float(positive.mean())),
        patient=patient,
        positive=positive,
        latents=latents,
        shift=shift,
        covariance=covariance,
        log_likelihood_ratio=score,
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
    families = np.array([group.family for group in SERUM_BANDS])
    same = families[:, None] == families[None, :]
    correlation = np.where(same, CORRELATION_WITHIN_FAMILY, CORRELATION_BETWEEN_FAMILIES)
    np.fill_diagonal(correlation, 1.0)
    variation = np.array([group.variation for group in SERUM_BANDS])
    centre = np.eye(len(SERUM_BANDS)) - 1 / len(SERUM_BANDS)
    covariance = centre @ (correlation * np.outer(variation, variation)) @ centre
    direction = centre @ np.array([group.disease * group.variation for group in SERUM_BANDS])
    length = math.sqrt(float(direction @ _inverse(covariance) @ direction))
    return distance / length * direction, covariance


def _draw_classes(settings: StudySettings, generator: np.random.Generator) -> BoolArray:
    number = min(max(round(settings.prevalence * settings.patients), 1), settings.patients - 1)
    return generator.permutation(settings.patients) < number


def _draw(generator: np.random.Generator, count: int, spread: FloatArray) -> FloatArray:
    return generator.standard_normal((count, len(spread))) @ spread


def _square_root(covariance: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(covariance)
    # A common factor has no variance; its rounding error must not become random amplitudes that differ by machine.
    values = np.where(values > 1e-10 * values[-1], values, 0.0)
    return np.asarray((vectors * np.sqrt(values)) @ vectors.T)


def _inverse(matrix: FloatArray) -> FloatArray:
    """Return the inverse of a symmetric matrix within the latents that sum to zero."""
    return np.asarray(np.linalg.pinv(matrix, rcond=1e-10, hermitian=True))


def _log_normal(
    generator: np.random.Generator, owner: IndexArray, variation: tuple[float, float]
) -> FloatArray:
    """Return one factor of median 1 per spectrum that varies between patients and between a patient's spectra."""
    between = generator.standard_normal(owner[-1] + 1)[owner]
    within = generator.standard_normal(owner.size)
    return np.asarray(np.exp(variation[0] * between + variation[1] * within))


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
        counts[rows] = amplitude[rows] @ _band_patterns(wavenumber - shift)  # (r, k) @ (k, p)
    return PHENYLALANINE_COUNTS * counts


def _band_patterns(wavenumber: FloatArray) -> FloatArray:
    """Return the ``(k, p)`` spectrum of each band group at amplitude 1."""
    return np.stack(
        [
            sum((_line(band, wavenumber) for band in group.bands), np.zeros(wavenumber.size))
            for group in SERUM_BANDS
        ]
    )


def _line(band: Band, wavenumber: FloatArray) -> FloatArray:
    """Return a pseudo-Voigt line: natural (Lorentzian) width and the instrument's (Gaussian) in one."""
    offset = 2 * (wavenumber - band.position) / band.width
    lorentzian = 1 / (1 + offset**2)
    gaussian = np.exp(-math.log(2) * offset**2)
    return np.asarray(band.height * (LORENTZIAN_SHARE * lorentzian + (1 - LORENTZIAN_SHARE) * gaussian))


def _fluorescence(generator: np.random.Generator, owner: IndexArray, points: int) -> FloatArray:
    """Return ``(n, p)`` broad smooth backgrounds of median strength about 1."""
    strength = _log_normal(generator, owner, FLUORESCENCE_VARIATION)
    between = generator.standard_normal((owner[-1] + 1, SHAPE_MEAN.size))[owner] * SHAPE_BETWEEN
    within = generator.standard_normal((owner.size, SHAPE_MEAN.size)) * SHAPE_WITHIN
    curves = np.polynomial.chebyshev.chebvander(np.linspace(-1, 1, points), SHAPE_MEAN.size)[:, 1:]  # (p, 4)
    return np.asarray(strength[:, None] * np.exp((SHAPE_MEAN + between + within) @ curves.T))


def _draw_spikes(generator: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """Return the ``(n, p)`` counts of cosmic rays; half of them spill into the next point."""
    spikes = np.zeros(shape)
    row, point = np.nonzero(generator.random(shape) < SPIKES_PER_POINT)
    height = SPIKE_MEDIAN_COUNTS * np.exp(SPIKE_LOG_SD * generator.standard_normal(row.size))
    spill = np.where(generator.random(row.size) < 0.5, generator.uniform(0.2, 0.9, row.size), 0.0)
    np.add.at(spikes, (row, point), height)
    inside = point + 1 < shape[1]
    np.add.at(spikes, (row[inside], point[inside] + 1), (height * spill)[inside])
    return spikes


def _detect(generator: np.random.Generator, counts: FloatArray, spikes: FloatArray) -> FloatArray:
    """Return whole counts with shot noise, read noise and the detector's ceiling."""
    arrived = generator.poisson(ELECTRONS_PER_COUNT * counts) / ELECTRONS_PER_COUNT + spikes
    read = arrived + READ_NOISE_COUNTS * generator.standard_normal(counts.shape)
    return np.asarray(np.minimum(np.rint(read), SATURATION_COUNTS))


def _table(
    settings: StudySettings,
    wavenumber: FloatArray,
    intensity: FloatArray,
    truth: StudyTruth,
    session: IndexArray,
) -> SpectraTable:
    numbers = range(1, settings.spectra_per_patient + 1)
    label = [POSITIVE_LABEL if positive else NEGATIVE_LABEL for positive in truth.positive]

    def repeated(column: object) -> TextArray:
        return np.repeat(text_array(column), settings.spectra_per_patient)  # type: ignore[arg-type]

    return SpectraTable(
        intensity=intensity,
        wavenumber=wavenumber,
        sample_id=text_array([f"{patient}-{number}" for patient in truth.patient for number in numbers]),
        patient=repeated(truth.patient),
        label=repeated(label),
        batch=repeated([f"session {number + 1:02d}" for number in session]),
        source=text_array([f"simulated study, seed {settings.seed}"] * len(intensity)),
        metadata={"origin": text_array([SIMULATED_ORIGIN] * len(intensity))},
        notes=(f"These spectra are simulated (seed {settings.seed}); no patient was measured.",),
    )
