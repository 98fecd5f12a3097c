"""A serum study measured by several spectrometers that differ in axis, resolution and response, with samples that all of them measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, text_array
from spectra_dl.errors import UsageError
from spectra_dl.spectra.simulation.detector import detect, draw_spikes
from spectra_dl.spectra.simulation.serum_study import SimulatedStudy, StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable

MOST_INSTRUMENTS = 26
_MARGIN = 40.0  # cm⁻¹ simulated beyond each end, so that a displaced axis stays inside
# Of spectrometers whose axes no standard has corrected; where one has, about a tenth of it is left (docs/axis_calibration.md).
_SHIFT, _STRETCH, _BROADENING, _RESPONSE = (3.0, 8.0), 3.0, 5.0, 0.25


@dataclass(frozen=True)
class Instrument:
    """How a spectrometer differs from a perfect one.

    Attributes
    ----------
    name
        What stands in the table's batches.
    shift
        Stated minus true Raman shift in the middle of the axis, cm⁻¹.
    stretch
        What is added to it at the high end and taken away at the low end, cm⁻¹.
    broadening
        Standard deviation of the Gaussian by which its slit blurs a spectrum, cm⁻¹.
    response
        Coefficients 1 to 3 of the Chebyshev series of the logarithm of its response over the axis.
    """

    name: str
    shift: float = 0.0
    stretch: float = 0.0
    broadening: float = 0.0
    response: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def seen(self, counts: FloatArray, true_axis: FloatArray, axis: FloatArray) -> FloatArray:
        """Return the counts ``(n, q)`` that it expects at the stated shifts.

        Parameters
        ----------
        counts
            ``(n, p)`` noiseless counts of a perfect spectrometer.
        true_axis
            ``(p,)`` of them, cm⁻¹, even and wider than ``axis``.
        axis
            ``(q,)`` stated Raman shifts, cm⁻¹.
        """
        from scipy.interpolate import CubicSpline
        from scipy.ndimage import gaussian_filter1d

        scaled = (axis - axis.mean()) / (np.ptp(axis) / 2)
        step = float(true_axis[1] - true_axis[0])
        blurred = (
            gaussian_filter1d(counts, self.broadening / step, axis=1, mode="nearest")
            if self.broadening
            else counts
        )
        true = axis - self.shift - self.stretch * scaled
        response = np.exp(np.polynomial.chebyshev.chebval(scaled, (0.0, *self.response)))
        return np.asarray(np.maximum(CubicSpline(true_axis, blurred, axis=1)(true), 0.0) * response)


@dataclass(frozen=True, kw_only=True)
class InstrumentStudySettings:
    """What a study of several instruments is to hold.

    Attributes
    ----------
    study
        Patients, axis, classes and seed; its patients are shared out among the instruments.
    instruments
        How many, 2 to 26.
    transfer_samples
        Further samples that each instrument measures.

    Raises
    ------
    UsageError
        Numbers out of range, or fewer than four patients an instrument.
    """

    study: StudySettings = field(default_factory=StudySettings)
    instruments: int = 3
    transfer_samples: int = 10

    def __post_init__(self) -> None:
        if not 2 <= self.instruments <= MOST_INSTRUMENTS:
            raise UsageError(f"instruments is {self.instruments}; give 2 to {MOST_INSTRUMENTS}")
        if self.transfer_samples < 2:
            raise UsageError(f"transfer_samples is {self.transfer_samples}; give at least 2")
        if self.study.patients < 4 * self.instruments:
            raise UsageError(
                f"{self.study.patients} patients for {self.instruments} instruments; give at least 4 to each"
            )


@dataclass(frozen=True, eq=False)
class InstrumentStudy:
    """Simulated spectra and the truth behind them.

    Attributes
    ----------
    table
        The patients, each measured by one instrument.
    transfer
        The same further samples measured by each instrument; without labels.
    instruments
        How each differs from a perfect one; the first does not.
    best_auc
        The highest expected patient AUC that any method can reach.
    """

    table: SpectraTable
    transfer: SpectraTable
    instruments: tuple[Instrument, ...]
    best_auc: float

    def transfer_of(self, name: str) -> SpectraTable:
        """Return the transfer samples as one instrument measured them."""
        return self.transfer.select(self.transfer.batch == name)


def draw_instruments(number: int, generator: np.random.Generator) -> tuple[Instrument, ...]:
    """Return a perfect instrument and others that differ from it.

    Parameters
    ----------
    number
        How many in all.
    generator
        Source of random numbers.
    """
    drawn = [Instrument("instrument A")]
    for position in range(1, number):
        level, middle, narrow = generator.normal(0.0, (_RESPONSE, _RESPONSE / 2, _RESPONSE / 4))
        drawn.append(
            Instrument(
                f"instrument {chr(ord('A') + position)}",
                shift=float(generator.choice([-1.0, 1.0]) * generator.uniform(*_SHIFT)),
                stretch=float(generator.uniform(-_STRETCH, _STRETCH)),
                broadening=float(generator.uniform(0.0, _BROADENING)),
                response=(float(level), float(middle), float(narrow)),
            )
        )
    return tuple(drawn)


def simulate_instruments(
    settings: InstrumentStudySettings | None = None, instruments: Sequence[Instrument] | None = None
) -> InstrumentStudy:
    """Simulate a serum study of several instruments, and samples by which one is brought to the other.

    Parameters
    ----------
    settings
        What to simulate; None takes the defaults.
    instruments
        How they differ; None draws them. The same study can so be measured by others.

    Examples
    --------
    >>> settings = InstrumentStudySettings(study=StudySettings(patients=12, spectra_per_patient=1, n_wavenumbers=200))
    >>> study = simulate_instruments(settings)
    >>> len(study.table), len(study.transfer), [each.name for each in study.instruments]
    (12, 30, ['instrument A', 'instrument B', 'instrument C'])
    """
    settings = settings or InstrumentStudySettings()
    base = settings.study
    draws, of_patients, of_samples, counting = map(
        np.random.default_rng, np.random.SeedSequence((base.seed, 0x1257)).spawn(4)
    )
    drawn = draw_instruments(settings.instruments, draws)
    used = tuple(instruments or drawn)
    patients = simulate_study(_wider(base))
    number = of_patients.permutation(base.patients) % len(used)
    spectrometer = np.repeat(number, base.spectra_per_patient)
    table = _measured(patients, spectrometer, used, base, counting)
    each = base.spectra_per_patient
    samples = simulate_study(
        replace(
            _wider(base),
            patients=settings.transfer_samples,
            spectra_per_patient=each * len(used),
            seed=int(of_samples.integers(1 << 31)),
        )
    )
    which = np.tile(np.repeat(np.arange(len(used)), each), settings.transfer_samples)
    transfer = _as_samples(_measured(samples, which, used, base, counting), each, len(used))
    return InstrumentStudy(table, transfer, used, patients.truth.best_auc)


def _wider(study: StudySettings) -> StudySettings:
    """Return the settings of the same study on a wider axis of the same step."""
    step = (study.high - study.low) / (study.n_wavenumbers - 1)
    more = min(math.ceil(_MARGIN / step), math.ceil(study.low / step) - 1)
    return replace(
        study,
        low=study.low - more * step,
        high=study.high + more * step,
        n_wavenumbers=study.n_wavenumbers + 2 * more,
    )


def _measured(
    study: SimulatedStudy,
    spectrometer: IndexArray,
    instruments: Sequence[Instrument],
    settings: StudySettings,
    generator: np.random.Generator,
) -> SpectraTable:
    """Return a study's table as each spectrum's spectrometer, by its number, gives it."""
    axis = np.linspace(settings.low, settings.high, settings.n_wavenumbers)
    perfect = study.truth.bands + study.truth.baseline
    expected = np.empty((len(perfect), axis.size))
    for number, instrument in enumerate(instruments):
        rows = spectrometer == number
        expected[rows] = instrument.seen(perfect[rows], study.table.wavenumber, axis)
    return replace(
        study.table,
        intensity=detect(generator, expected, draw_spikes(generator, expected.shape)),
        wavenumber=axis,
        batch=text_array([instruments[number].name for number in spectrometer]),
    )


def _as_samples(table: SpectraTable, each: int, instruments: int) -> SpectraTable:
    """Return a table whose patients are samples without a class, measured ``each`` times by each instrument."""
    repeats = np.arange(len(table)) // (each * instruments) + 1
    patient = text_array([f"T{number:02d}" for number in repeats])
    sample = [f"{one}-{number % (each * instruments) + 1}" for number, one in enumerate(patient)]
    return replace(table, patient=patient, sample_id=text_array(sample), label=None)
