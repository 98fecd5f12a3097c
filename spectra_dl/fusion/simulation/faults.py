"""Faults planted into simulated studies, one at a time, which an audit must find."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.errors import UsageError
from spectra_dl.fusion.clinical.table import ClinicalColumn
from spectra_dl.fusion.simulation.blocks import SITES
from spectra_dl.fusion.simulation.fusion_study import SimulatedFusion
from spectra_dl.spectra.simulation.serum_study import POSITIVE_LABEL

_MISSING_BY_CLASS = (0.0, 0.7)  # of the negative and of the positive class
_MISCLASSIFIED = 0.005  # of patients whose treatment is not that of their class
_ELSEWHERE = 0.15  # of patients who go to the other class's site
_SITE_SHIFT = 2.0  # standard deviations

Fault = Callable[[SimulatedFusion, np.random.Generator], SimulatedFusion]


def plant_fault(study: SimulatedFusion, name: str) -> SimulatedFusion:
    """Return a study with a fault.

    Parameters
    ----------
    study
        Without one.
    name
        One of `FAULTS`.

    Raises
    ------
    UsageError
        There is no such fault.
    """
    if name not in FAULTS:
        raise UsageError(f"no fault is called {name!r:.60}; choose from {', '.join(FAULTS)}")
    return FAULTS[name](study, np.random.default_rng((study.settings.seed, 29)))


def _positive(study: SimulatedFusion) -> NDArray[np.bool_]:
    return np.asarray(study.label == POSITIVE_LABEL)


def _with_presence(study: SimulatedFusion, spectra: NDArray[np.bool_]) -> SimulatedFusion:
    """Return the study with other patients' spectra missing; whoever has none has clinical columns."""
    have = {**study.have, "spectra": spectra, "clinical": study.have["clinical"] | ~spectra}
    return replace(study, have=have)


def _one_class(study: SimulatedFusion, generator: np.random.Generator) -> SimulatedFusion:
    """Measure nobody without metastasis."""
    return _with_presence(study, study.have["spectra"] & _positive(study))


def _missing_by_class(study: SimulatedFusion, generator: np.random.Generator) -> SimulatedFusion:
    """Let the spectra of patients with metastasis be missing more often."""
    share = np.where(_positive(study), _MISSING_BY_CLASS[1], _MISSING_BY_CLASS[0])
    return _with_presence(study, study.have["spectra"] & (generator.random(len(share)) >= share))


def _label_column(study: SimulatedFusion, generator: np.random.Generator) -> SimulatedFusion:
    """Add the treatment, which follows from the class."""
    treated = _positive(study) ^ (generator.random(len(study.label)) < _MISCLASSIFIED)
    return _with_column(
        study,
        ClinicalColumn(
            "treatment",
            "category",
            treated.astype(np.float64),
            ("surveillance", "denosumab"),
            known_before=True,
        ),
    )


def _after_outcome(study: SimulatedFusion, generator: np.random.Generator) -> SimulatedFusion:
    """Add the months on a drug that is given for metastases, of which the study says that they are known afterwards."""
    months = generator.poisson(np.where(_positive(study), 8.0, 4.0)).astype(np.float64)
    return _with_column(
        study, ClinicalColumn("months_on_drug", "numeric", months, (), "months", known_before=False)
    )


def _batch_column(study: SimulatedFusion, generator: np.random.Generator) -> SimulatedFusion:
    """Send most of a class to a site, whose laboratory measures alkaline phosphatase higher."""
    patients = len(study.label)
    site = _positive(study) ^ (generator.random(patients) < _ELSEWHERE)
    logarithm: FloatArray = 0.3 * (generator.standard_normal(patients) + _SITE_SHIFT * site)
    phosphatase = np.asarray(80.0 * np.exp(logarithm), dtype=np.float64).round(1)
    places = text_array([SITES[int(code)] for code in site[study.owner]])
    spectra = replace(study.spectra, metadata={**study.spectra.metadata, "site": places})
    return _with_column(
        replace(study, spectra=spectra),
        ClinicalColumn("alp", "numeric", phosphatase, (), "U/L", known_before=True),
    )


def _other_people(study: SimulatedFusion, generator: np.random.Generator) -> SimulatedFusion:
    """Give each patient the spectra of another one of the same class, as who joins files by class does."""
    patients = len(study.label)
    source = np.arange(patients)
    for name in np.unique(study.label):
        members = np.flatnonzero(study.label == name)
        source[members] = generator.permutation(members)
    each = study.settings.spectra_per_patient
    rows = (source[:, None] * each + np.arange(each)).ravel()
    moved = study.spectra[rows]
    spectra = replace(moved, patient=study.spectra.patient, sample_id=study.spectra.sample_id)
    return replace(study, spectra=spectra, latents=study.latents[source])


def _with_column(study: SimulatedFusion, column: ClinicalColumn) -> SimulatedFusion:
    return replace(study, clinical=replace(study.clinical, columns=(*study.clinical.columns, column)))


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "one-class": _one_class,
        "missing-by-class": _missing_by_class,
        "label-column": _label_column,
        "after-outcome": _after_outcome,
        "batch-column": _batch_column,
        "other-people": _other_people,
    }
)
