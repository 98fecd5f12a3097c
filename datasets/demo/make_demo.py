"""Write ``spectra.csv``, ``polystyrene.csv`` and ``glass.csv`` beside this file: simulated spectra for the README's first command, a standard on an axis that is off, and one of known emission.

Run from the repository's top folder: ``python datasets/demo/make_demo.py``. The same bytes come out each time.
"""

from dataclasses import replace
from pathlib import Path

from spectra_dl.arrays import text_array
from spectra_dl.spectra.intensity_calibration.certificate import read_certificate
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.simulation.standard_spectrum import (
    Spectrometer,
    simulate_intensity_standard,
    simulate_standard,
)
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.spectra.table_files import write_table

# Not the seed of the study that the shipped model was trained on: none of these patients was seen in training.
DEMO = StudySettings(patients=12, spectra_per_patient=3, n_wavenumbers=701, seed=20_001)


def demo_table() -> SpectraTable:
    """Return the demonstration's spectra, with ids that say they are simulated."""
    table = simulate_study(DEMO).table
    new_id = {old: f"SIM-{number + 1:02d}" for number, old in enumerate(dict.fromkeys(table.patient))}
    patient = [new_id[old] for old in table.patient]
    sample = [
        f"{new}{old.removeprefix(owner)}"
        for new, old, owner in zip(patient, table.sample_id, table.patient, strict=True)
    ]
    return replace(table, sample_id=text_array(sample), patient=text_array(patient), batch=None)


def demo_standard() -> SpectraTable:
    """Return polystyrene as a spectrometer gives it whose axis is off by 3 to 8 cm⁻¹."""
    return simulate_standard("polystyrene", Spectrometer(error=(-5.0, -2.0, 1.0)), seed=7)[0]


def demo_glass() -> SpectraTable:
    """Return a glass that emits what ``glass.toml`` says, as a spectrometer gives it that answers more at one end."""
    emitted = read_certificate(Path("datasets/demo/glass.toml"))
    seen = Spectrometer(low=202.0, high=2004.0, counts=30_000.0)
    return simulate_intensity_standard(emitted, seen, (0.4, -0.2, 0.1), seed=8)[0]


if __name__ == "__main__":
    write_table(Path(__file__).with_name("spectra.csv"), demo_table())
    write_table(Path(__file__).with_name("polystyrene.csv"), demo_standard())
    write_table(Path(__file__).with_name("glass.csv"), demo_glass())
