"""How near a calibrated axis comes to the true one, on simulated standards whose axis is off by up to 15 cm-1.

Run: ``python benchmarks/accuracy/instruments/axis_calibration.py [STUDIES]``, 200 a standard if none is given; one core, about a minute. Each study
draws an offset, a slope and a curvature that together stay within 15 cm-1 from 100 to 3,200 cm-1, a resolution, a step of the axis and noise.
The error is the largest of the corrected axis between the outermost lines; covered is how much of it lies within 1.96 stated
uncertainties. Where the set is at hand, the axis of covid_saliva is then shifted by 6 cm-1 and corrected by a standard that was measured on it.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.spectra.axis_calibration.calibrate import calibrate_axis
from spectra_dl.spectra.axis_calibration.standards import STANDARDS
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.simulation.standard_spectrum import Spectrometer, simulate_standard

LARGEST, LASER_NM, SHIFT = 15.0, 785.0, 6.0
SALIVA = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "raman" / "covid_saliva"


def drawn(generator: np.random.Generator) -> Spectrometer:
    """Return a spectrometer whose axis is off."""
    error = generator.dirichlet(np.ones(3)) * generator.choice([-1, 1], 3) * LARGEST
    step, width = generator.uniform(0.7, 2.5), generator.uniform(3, 6)
    return Spectrometer(low=100.0, high=3200.0, step=step, error=tuple(error), width=width, laser_nm=LASER_NM)


def errors_of(standard: str, generator: np.random.Generator) -> tuple[float, float, float]:
    """Return the largest error before and after the correction, and the share of the axis that the uncertainty covers."""
    table, true = simulate_standard(standard, drawn(generator), int(generator.integers(1 << 31)))
    calibration = calibrate_axis(table, standard, laser_nm=LASER_NM)
    low, high = calibration.range
    inside = (true >= low - 2) & (true <= high + 2)
    stated = table.wavenumber[inside]
    off = np.abs(stated + calibration.correction(stated) - true[inside])
    covered = off <= 1.96 * calibration.uncertainty(stated)
    return float(np.abs(stated - true[inside]).max()), float(off.max()), float(covered.mean())


def main() -> None:
    """Print a line for each standard, and what becomes of a shifted axis."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(
        f"{studies} simulated spectra a standard, axis off by up to {LARGEST:g} cm-1; errors in cm-1 between the outermost lines"
    )
    print(
        f"{'standard':<14}{'lines':>6}{'refused':>9}{'before':>8}{'median':>8}{'95 %':>7}{'largest':>9}{'over .3':>9}{'covered':>9}"
    )
    for name, standard in STANDARDS.items():
        generator = np.random.default_rng(0)
        found, refused = [], 0
        for _ in range(studies):
            try:
                found.append(errors_of(name, generator))
            except DataError:
                refused += 1
        before, after, covered = np.array(found).T
        median, high, largest = np.quantile(after, [0.5, 0.95, 1.0])
        print(
            f"{name:<14}{len(standard.lines):>6}{refused:>9}{np.median(before):>8.2f}{median:>8.3f}{high:>7.3f}{largest:>9.3f}"
            f"{(after > 0.3).sum():>9}{covered.mean():>9.3f}",
            flush=True,
        )
    if SALIVA.is_dir():
        saliva()


def saliva() -> None:
    """Print how far the axis of a patient's spectra is from where it was, shifted and corrected again."""
    table = read_spectra(sorted(SALIVA.iterdir())[0])
    for name in ("polystyrene", "paracetamol"):
        spectrometer = Spectrometer(step=1.5, error=(-SHIFT, 0.0, 0.0))
        measured, _ = simulate_standard(name, spectrometer)
        shifted = replace(table, wavenumber=table.wavenumber + SHIFT)
        corrected = calibrate_axis(measured, name).applied(shifted)
        left = np.abs(corrected.wavenumber - table.wavenumber).max()
        print(f"covid_saliva, axis shifted by {SHIFT:g} cm-1: {left:.3f} cm-1 off after correction by {name}")


if __name__ == "__main__":
    main()
