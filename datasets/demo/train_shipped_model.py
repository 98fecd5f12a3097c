"""Train the model that ships with the package, on the simulated study, from its seed.

Run from the repository's top folder: ``python datasets/demo/train_shipped_model.py``. The same machine gives the same bytes.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

from spectra_dl.spectra.cohort import labelled_cohort
from spectra_dl.spectra.estimators.assembly import Provenance
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.probes.study import audit_cohort
from spectra_dl.spectra.simulation.serum_study import POSITIVE_LABEL, StudySettings, simulate_study
from spectra_dl_datasets.shipped import SHIPPED_MODEL

SEED = 0
NOTE = "trained on simulated spectra; it knows nothing of real patients and serves to try the program"


def main() -> None:
    """Train on the default simulated study and write the model beside the package's code."""
    study = simulate_study(StudySettings(seed=SEED))
    table = study.table
    # Half of the usual members: the file is to stay small.
    classifier = SpectraClassifier(table.wavenumber, members=5, seed=SEED, positive=POSITIVE_LABEL)
    source = Provenance(
        source="simulated bone metastasis study",
        simulated=True,
        notes=(NOTE,),
        audit=audit_cohort(labelled_cohort(table), seed=SEED).findings,
    )
    classifier.fit(table.intensity, table.label, table.patient, provenance=source)
    sha256 = classifier.predictor_.save(SHIPPED_MODEL)
    print(f"{SHIPPED_MODEL.name}: {SHIPPED_MODEL.stat().st_size} bytes, sha256 {sha256}")


if __name__ == "__main__":
    main()
