"""Write ``instruments/`` beside this file: patients measured by two simulated spectrometers, and ten samples that both measured.

Run from the repository's top folder: ``python datasets/demo/make_demo_instruments.py``. The same bytes come out each time.
"""

from pathlib import Path

from spectra_dl.spectra.simulation.instruments import InstrumentStudySettings
from spectra_dl.spectra.simulation.serum_study import StudySettings
from spectra_dl.spectra.study.simulate import write_instrument_simulation

DEMO = InstrumentStudySettings(
    study=StudySettings(
        patients=60,
        spectra_per_patient=1,
        n_wavenumbers=301,
        low=600.0,
        high=1800.0,
        distance=3.0,
        seed=20_008,
    ),
    instruments=2,
)

if __name__ == "__main__":
    write_instrument_simulation(DEMO, Path(__file__).with_name("instruments"))
