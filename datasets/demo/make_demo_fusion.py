"""Write ``fusion/`` beside this file: simulated patients with spectra and clinical columns, for `evaluate fusion`.

Run from the repository's top folder: ``python datasets/demo/make_demo_fusion.py``. The same bytes come out each time.
"""

from pathlib import Path

from spectra_dl.fusion.simulation.fusion_study import FusionSimulationSettings
from spectra_dl.fusion.simulation.written import write_fusion_study

DEMO = FusionSimulationSettings(
    patients=72,
    spectra_per_patient=1,
    n_wavenumbers=240,
    spectra_auc=0.97,
    clinical_auc=0.8,
    missing=0.1,
    seed=20_023,
)

if __name__ == "__main__":
    write_fusion_study(DEMO, Path(__file__).with_name("fusion"))
