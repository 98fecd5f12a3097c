"""Write a simulated study of several blocks as files that `evaluate fusion` takes."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.fusion.clinical.table import ClinicalColumn
from spectra_dl.fusion.simulation.faults import plant_fault
from spectra_dl.fusion.simulation.fusion_study import (
    TILES,
    FusionSimulationSettings,
    SimulatedFusion,
    simulate_fusion,
)
from spectra_dl.fusion.simulation.information import Subset
from spectra_dl.spectra.table_files import write_table
from spectra_dl.storage.atomic import write_text
from spectra_dl.storage.run_folder import RunResult, make_run_folder
from spectra_dl.storage.text.csv_rows import csv_rows
from spectra_dl.storage.text.json_text import json_text
from spectra_dl.tissue.simulation.image_study import SimulatedImage, simulated_pixels, write_images

STUDY_FILE, SPECTRA_FILE, CLINICAL_FILE = "study.toml", "spectra.csv", "clinical.csv"
IMAGES_FOLDER, TRUTH_FILE = "images", "truth.json"
_SIDE, _STAIN = 32, 6.0


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

    study: SimulatedFusion
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


def truth_json(study: SimulatedFusion) -> dict[str, object]:
    """Return the best AUC of each set of blocks, and each patient's best possible score, ready for JSON."""
    truth = study.truth
    ratio = zip(study.patients, truth.log_likelihood_ratio.round(6).tolist(), strict=True)
    return {
        "best_auc": {_named(subset): round(auc, 6) for subset, auc in truth.best_auc.items()},
        "best_auc_as_missing": round(truth.best_auc_as_missing, 6),
        "log_likelihood_ratio": dict(ratio),
    }


def write_fusion_study(
    settings: FusionSimulationSettings, folder: Path, *, fault: str | None = None
) -> WrittenFusion:
    """Draw a study and write its blocks, the study file that names them, and the truth.

    Parameters
    ----------
    settings
        How many patients, what each block says, and the seed.
    folder
        Made unless it is there; ``study.toml``, ``spectra.csv``, ``clinical.csv``, ``truth.json`` and, with images, ``images/`` are written to it.
    fault
        One of `spectra_dl.fusion.simulation.faults.FAULTS` to plant; None plants nothing.

    Raises
    ------
    UsageError
        There is no such fault.
    EnvironmentFault
        A folder or file can't be written.
    """
    study = simulate_fusion(settings)
    study = study if fault is None else plant_fault(study, fault)
    make_run_folder(folder)
    write_table(folder / SPECTRA_FILE, study.spectra[np.flatnonzero(study.have["spectra"][study.owner])])
    with csv_rows(folder / CLINICAL_FILE) as write_row:
        for row in _clinical_rows(study):
            write_row(row)
    if settings.images and study.tissue is not None:
        make_run_folder(folder / IMAGES_FOLDER)
        write_images(folder / IMAGES_FOLDER, _images(study, study.tissue))
    write_text(folder / TRUTH_FILE, json_text(truth_json(study)))
    write_text(folder / STUDY_FILE, study_toml(study))
    return WrittenFusion(study, fault)


def study_toml(study: SimulatedFusion) -> str:
    """Return the study file of a simulated study."""
    lines = [
        'label = "label"',
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


def _clinical_rows(study: SimulatedFusion) -> Iterator[list[str]]:
    columns = study.clinical.columns
    units = [f" ({column.unit})" if column.unit else "" for column in columns]
    yield ["patient_id", "label", *(column.name + unit for column, unit in zip(columns, units, strict=True))]
    for number in np.flatnonzero(study.have["clinical"]):
        cells = [_cell(column, float(column.values[number])) for column in columns]
        yield [study.patients[number], study.label[number], *cells]


def _cell(column: ClinicalColumn, value: float) -> str:
    if np.isnan(value):
        return ""
    return column.levels[int(value)] if column.levels else f"{value:g}"


def _images(study: SimulatedFusion, viable: FloatArray) -> Iterator[SimulatedImage]:
    """Return each patient's tiles, of which so many are viable as the patient's level says."""
    generator = np.random.default_rng((study.settings.seed, 31))
    have: IndexArray = np.flatnonzero(study.have["tissue"])
    for number in have:
        stain = generator.normal(0, _STAIN, size=3)
        for tile in range(TILES):
            kind = "viable" if tile < viable[number, 0] else "necrotic"
            pixels = simulated_pixels(kind, stain, _SIDE, generator)
            name = study.patients[number]
            yield SimulatedImage(str(study.label[number]), name, name, pixels)


def _named(subset: Subset) -> str:
    return " + ".join(sorted(subset))
