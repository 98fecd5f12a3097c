"""Write a simulated study of several blocks as files that `evaluate fusion` takes."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import UsageError
from spectra_dl.fusion.clinical.table import ClinicalColumn
from spectra_dl.fusion.simulation.faults import plant_fault
from spectra_dl.fusion.simulation.fusion_study import (
    TILES,
    FusionSimulationSettings,
    SimulatedFusion,
    simulate_fusion,
)
from spectra_dl.fusion.simulation.information import Subset
from spectra_dl.fusion.simulation.outcome_study import (
    FusionOutcomeSettings,
    SimulatedFusionOutcome,
    simulate_fusion_outcome,
)
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.spectra.table_files import write_table
from spectra_dl.storage.atomic import write_text
from spectra_dl.storage.run_folder import RunResult, make_run_folder
from spectra_dl.storage.text.csv_rows import csv_rows
from spectra_dl.storage.text.json_text import json_text
from spectra_dl.tissue.simulation.image_study import SimulatedImage, simulated_pixels, write_images

STUDY_FILE, SPECTRA_FILE, CLINICAL_FILE = "study.toml", "spectra.csv", "clinical.csv"
IMAGES_FOLDER, TRUTH_FILE = "images", "truth.json"
_SIDE, _STAIN = 32, 6.0
_TUMOUR = "tumour"  # what images show where patients have no class


@dataclass(frozen=True, eq=False)
class WrittenFusion(RunResult):
    """A simulated study of several blocks that was written.

    Attributes
    ----------
    study
        Blocks and truth.
    fault
        What was planted; None where nothing was.
    """

    study: SimulatedFusion | SimulatedFusionOutcome
    fault: str | None

    @property
    def report(self) -> dict[str, object]:
        """Settings and the best that any method can reach, ready for JSON."""
        return {
            "simulated": True,
            "notes": list(self.study.spectra.notes),
            "settings": {**asdict(self.study.settings), "fault": self.fault},
            "results": truth_json(self.study),
        }


def truth_json(study: SimulatedFusion | SimulatedFusionOutcome) -> dict[str, object]:
    """Return the best AUC of each set of blocks, and each patient's best possible score, ready for JSON; or the best R2, or C-index."""
    if isinstance(study, SimulatedFusionOutcome):
        name = "best_r2" if study.target.ndim == 1 else "best_c_index"
        return {name: {_named(subset): round(best, 6) for subset, best in study.best.items()}}
    truth = study.truth
    ratio = zip(study.patients, truth.log_likelihood_ratio.round(6).tolist(), strict=True)
    return {
        "best_auc": {_named(subset): round(auc, 6) for subset, auc in truth.best_auc.items()},
        "best_auc_as_missing": round(truth.best_auc_as_missing, 6),
        "log_likelihood_ratio": dict(ratio),
    }


def write_fusion_study(
    settings: FusionSimulationSettings | FusionOutcomeSettings, folder: Path, *, fault: str | None = None
) -> WrittenFusion:
    """Draw a study and write its blocks, the study file that names them, and the truth.

    Parameters
    ----------
    settings
        How many patients, what each block says, and the seed.
    folder
        Made unless it is there; ``study.toml``, ``spectra.csv``, ``clinical.csv``, ``truth.json`` and, with images, ``images/`` are written to it.
    fault
        One of `spectra_dl.fusion.simulation.faults.FAULTS` to plant into a study of classes; None plants nothing.

    Raises
    ------
    UsageError
        There is no such fault, or none of this outcome.
    EnvironmentFault
        A folder or file can't be written.
    """
    study = _drawn(settings, fault)
    make_run_folder(folder)
    write_table(folder / SPECTRA_FILE, _spectra(study)[np.flatnonzero(study.have["spectra"][study.owner])])
    with csv_rows(folder / CLINICAL_FILE) as write_row:
        for row in _clinical_rows(study):
            write_row(row)
    if settings.images and study.tissue is not None:
        make_run_folder(folder / IMAGES_FOLDER)
        write_images(folder / IMAGES_FOLDER, _images(study, study.tissue), of_patient=_of_patients(study))
    write_text(folder / TRUTH_FILE, json_text(truth_json(study)))
    write_text(folder / STUDY_FILE, study_toml(study))
    return WrittenFusion(study, fault)


Study = SimulatedFusion | SimulatedFusionOutcome


def _drawn(settings: FusionSimulationSettings | FusionOutcomeSettings, fault: str | None) -> Study:
    if isinstance(settings, FusionSimulationSettings):
        study = simulate_fusion(settings)
        return study if fault is None else plant_fault(study, fault)
    if fault is not None:
        raise UsageError("faults are planted into a study of classes; leave the fault or the outcome out")
    return simulate_fusion_outcome(settings)


def _spectra(study: Study) -> SpectraTable:
    """Return the spectra, with what came of their patients where it is no class."""
    if isinstance(study, SimulatedFusion):
        return study.spectra
    columns = {name: cells[study.owner] for name, cells in study.columns.items()}
    return replace(study.spectra, metadata={**study.spectra.metadata, **columns})


def _of_patients(study: Study) -> dict[str, dict[str, str]] | None:
    """Return what the sheet of images says of patients."""
    if isinstance(study, SimulatedFusion):
        return None
    return {
        name: dict(zip(study.patients, map(str, cells), strict=True)) for name, cells in study.columns.items()
    }


def _predicted(study: Study) -> list[str]:
    """Return the lines of the study file that say what is predicted."""
    if isinstance(study, SimulatedFusion):
        return ['label = "label"']
    keys = ("target",) if study.target.ndim == 1 else ("time", "event")
    return [f'{key} = "{name}"' for key, name in zip(keys, study.columns, strict=True)]


def study_toml(study: Study) -> str:
    """Return the study file of a simulated study."""
    lines = [
        *_predicted(study),
        "",
        "[blocks.spectra]",
        f'path = "{SPECTRA_FILE}"',
        *(["", "[blocks.tissue]", f'path = "{IMAGES_FOLDER}/images.csv"'] if study.settings.images else []),
        "",
        "[blocks.clinical]",
        f'path = "{CLINICAL_FILE}"',
        "",
        "[blocks.clinical.columns]",
        *(f"{column.name} = {{ {_said(column)} }}" for column in study.clinical.columns),
    ]
    return "\n".join(lines) + "\n"


def _said(column: ClinicalColumn) -> str:
    """Return what the study file says of a column."""
    said = [f'kind = "{column.kind}"']
    said += [f"levels = {json.dumps(list(column.levels))}"] if column.kind == "ordinal" else []
    said += [f'unit = "{column.unit}"'] if column.unit else []
    said += [] if column.known_before is None else [f"known_before = {str(column.known_before).lower()}"]
    return ", ".join(said)


def _clinical_rows(study: Study) -> Iterator[list[str]]:
    columns = study.clinical.columns
    units = [f" ({column.unit})" if column.unit else "" for column in columns]
    came = {"label": study.label} if isinstance(study, SimulatedFusion) else study.columns
    yield ["patient_id", *came, *(column.name + unit for column, unit in zip(columns, units, strict=True))]
    for number in np.flatnonzero(study.have["clinical"]):
        cells = [_cell(column, float(column.values[number])) for column in columns]
        yield [study.patients[number], *(str(each[number]) for each in came.values()), *cells]


def _cell(column: ClinicalColumn, value: float) -> str:
    if np.isnan(value):
        return ""
    return column.levels[int(value)] if column.levels else f"{value:g}"


def _images(study: Study, viable: FloatArray) -> Iterator[SimulatedImage]:
    """Return each patient's tiles, of which so many are viable as the patient's level says."""
    generator = np.random.default_rng((study.settings.seed, 31))
    have: IndexArray = np.flatnonzero(study.have["tissue"])
    label = study.label if isinstance(study, SimulatedFusion) else None
    for number in have:
        stain = generator.normal(0, _STAIN, size=3)
        for tile in range(TILES):
            kind = "viable" if tile < viable[number, 0] else "necrotic"
            pixels = simulated_pixels(kind, stain, _SIDE, generator)
            name = study.patients[number]
            yield SimulatedImage(_TUMOUR if label is None else str(label[number]), name, name, pixels)


def _named(subset: Subset) -> str:
    return " + ".join(sorted(subset))
