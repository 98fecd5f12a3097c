"""How near corrected intensities come to the true ones, and what correcting axis and intensities by standards brings back where an instrument is left out.

python benchmarks/accuracy/instruments/intensity_calibration.py [standards] [studies]    (300 and 6 if not given; 0 studies leave them out)

Standards: a simulated glass measured by spectrometers whose response and counts are drawn; responses are those of the simulated instruments (Chebyshev coefficients of the
logarithm with standard deviations .25, .12 and .06). Errors are the largest over the axis of the relative response, its factor free. Covered is how much of the axis lies within
1.96 stated uncertainties. Studies are those of transfer.py from seed 3,000 on: one of three instruments is left out; each instrument's axis and intensities are corrected by
polystyrene and the glass that it measured itself, in place of transfer samples.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from transfer import MODELS, AsItIs, Bring, left_out_auc, settings_of, share

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.axis_calibration.calibrate import calibrate_axis
from spectra_dl.spectra.intensity_calibration.certificate import Certificate
from spectra_dl.spectra.intensity_calibration.measure import measured_response
from spectra_dl.spectra.preprocessing.resampling import interpolated
from spectra_dl.spectra.simulation.instruments import Instrument, InstrumentStudy, simulate_instruments
from spectra_dl.spectra.simulation.standard_spectrum import (
    Spectrometer,
    simulate_intensity_standard,
    simulate_standard,
)
from spectra_dl.spectra.table import SpectraTable

FIRST_SEED, SPREAD = 3_000, np.array([0.25, 0.125, 0.0625])
SHIFT = np.linspace(100.0, 3600.0, 512)
GLASS = Certificate("glass", SHIFT, 0.1 + np.exp(-0.5 * ((SHIFT - 1900) / 900) ** 2))


def centred(values: FloatArray) -> FloatArray:
    """Return logarithms without their mean: a factor says nothing."""
    return np.asarray(np.log(values) - np.log(values).mean())


def one_standard(generator: np.random.Generator) -> tuple[float, float, float]:
    """Return the largest relative error before and after the correction, and the share of the axis that the uncertainty covers."""
    spectrometer = Spectrometer(
        high=3200.0, step=generator.uniform(0.7, 2.5), counts=float(10 ** generator.uniform(3.3, 4.8))
    )
    table, truth = simulate_intensity_standard(
        GLASS, spectrometer, generator.normal(0, SPREAD), int(generator.integers(1 << 31))
    )
    found = measured_response(table, GLASS)
    off = np.abs(centred(found.at(table.wavenumber)) - centred(truth))
    covered = off <= 1.96 * np.interp(table.wavenumber, found.shift, found.uncertainty)
    return float(np.abs(centred(truth)).max()), float(off.max()), float(covered.mean())


def standards(number: int) -> None:
    """Print what is left of the responses."""
    generator, found, refused = np.random.default_rng(0), [], 0
    for _ in range(number):
        try:
            found.append(one_standard(generator))
        except DataError:
            refused += 1
    before, after, covered = np.array(found).T
    print(f"{number} simulated standards, {refused} refused; largest relative error over the axis")
    print(f"before: median {np.median(before):.1%}, largest {before.max():.1%}")
    print(
        f"after:  median {np.median(after):.2%}, 95 % of them {np.quantile(after, 0.95):.2%}, largest {after.max():.2%}; covered {covered.mean():.3f}"
    )


def seen_standard(instrument: Instrument, true: SpectraTable, axis: FloatArray) -> SpectraTable:
    """Return a standard as an instrument gives it at its stated axis."""
    expected = instrument.seen(true.intensity, true.wavenumber, axis)
    return SpectraTable(expected, axis, true.sample_id)


class Standards:
    """Axis and intensities of each instrument corrected by standards that it measured, on the axis of the first training instrument."""

    def __init__(self, study: InstrumentStudy, *, intensity: bool) -> None:
        axis = study.table.wavenumber
        wide = Spectrometer(low=axis[0] - 60, high=axis[-1] + 60, step=1.0)
        polystyrene, _ = simulate_standard("polystyrene", wide)
        glass, _ = simulate_intensity_standard(GLASS, wide, (0.0,))
        self._calibrations = {}
        for each in study.instruments:
            calibration = calibrate_axis(seen_standard(each, polystyrene, axis), "polystyrene")
            if intensity:
                measured = calibration.applied(seen_standard(each, glass, axis))
                calibration = replace(calibration, response=measured_response(measured, GLASS))
            self._calibrations[each.name] = calibration
        ends = [cal.applied(study.table).wavenumber[[0, -1]] for cal in self._calibrations.values()]
        low, high = max(first for first, _ in ends), min(last for _, last in ends)
        self._axis = axis[(axis >= low) & (axis <= high)]

    def __call__(self, left_out: str) -> dict[str, Bring]:
        """Return it by instrument, where one is left out."""
        return {name: partial(self._corrected, name) for name in self._calibrations}

    def _corrected(self, name: str, table: SpectraTable) -> SpectraTable:
        own = self._calibrations[name].applied(table)
        return replace(
            own, intensity=interpolated(own.intensity, own.wavenumber, self._axis), wavenumber=self._axis
        )


def studies(number: int) -> None:
    """Print the AUC of left-out instruments under every treatment."""
    auc: dict[str, list[list[float]]] = {}
    for seed in range(FIRST_SEED, FIRST_SEED + number):
        settings = settings_of(seed)
        study = simulate_instruments(settings)
        alike = simulate_instruments(settings, tuple(Instrument(each.name) for each in study.instruments))
        treatments: dict[str, tuple[InstrumentStudy, Callable[[str], dict[str, Bring]]]] = {
            "alike": (alike, AsItIs(alike)),
            "before": (study, AsItIs(study)),
            "axis": (study, Standards(study, intensity=False)),
            "axis and intensity": (study, Standards(study, intensity=True)),
        }
        for title, (which, bring) in treatments.items():
            auc.setdefault(title, []).append([left_out_auc(model, which, bring) for model in MODELS])
        sys.stderr.write(f"{seed - FIRST_SEED + 1} of {number} studies\n")
    by = {title: np.array(values) for title, values in auc.items()}
    for column, model in enumerate(MODELS):
        alike_, before = by["alike"][:, column], by["before"][:, column]
        print(
            f"\n{model}, {number} studies, seeds from {FIRST_SEED}: alike {alike_.mean():.3f}, before {before.mean():.3f}"
        )
        for title in ("axis", "axis and intensity"):
            after = by[title][:, column]
            middle, low, high = share(alike_, before, after)
            worse = int((after < before).sum())
            print(
                f"{title:<20}{after.mean():>7.3f}{middle:>8.0%} recovered ({low:.0%} to {high:.0%}), worse than before {worse} of {number}"
            )


def main() -> None:
    """Print both."""
    standards(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
    left_out = int(sys.argv[2]) if len(sys.argv) > 2 else 6
    if left_out:
        studies(left_out)


if __name__ == "__main__":
    main()
