"""Predict a section's expression: an .h5ad, maps of the best genes, and what the counts say where there are any."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.expression.maps import agreement, measured_values, write_h5ad, write_maps
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.registration.spots_on_tissue import registered
from spectra_dl.expression.registration.tile_flags import flagged_spots, strange_colour
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.storage.provenance import DISCLAIMER
from spectra_dl.storage.run_folder import RunResult, make_run_folder

PREDICTIONS_FILE = "predictions.h5ad"
_DRAWN = 4  # genes


@dataclass(frozen=True, eq=False)
class PredictedSection(RunResult):
    """Predicted expression of one section.

    Attributes
    ----------
    predictor
        The model.
    section
        With every note.
    values
        ``(n, g)`` log(1 + counts per 10,000); NaN for spots that could not be predicted.
    flags
        ``(n,)`` what is wrong with the image under a spot, empty where nothing is.
    measured_pearson
        ``(g,)`` correlation with the section's counts; None without counts.
    maps
        Names of the images that were drawn.
    """

    predictor: ExpressionPredictor
    section: TissueSection
    values: FloatArray
    flags: TextArray
    measured_pearson: FloatArray | None
    maps: tuple[str, ...]

    @property
    def refused(self) -> int:
        """How many spots could not be predicted."""
        return int(np.isnan(self.values[:, 0]).sum())

    @property
    def known_pearson(self) -> FloatArray:
        """``(k,)`` correlations of the genes for which one is defined."""
        measured = self.measured_pearson
        return np.empty(0) if measured is None else measured[np.isfinite(measured)]

    @property
    def report(self) -> dict[str, object]:
        """The model's digest, notes, counts of spots and what is known of each gene, ready for JSON."""
        measured, known = self.measured_pearson, self.known_pearson
        genes = [
            {
                "name": gene.name,
                "expected_pearson": gene.pearson,
                "noise_ceiling": gene.ceiling,
                "do_not_use": not gene.usable,
                "measured_pearson": None if measured is None else float(measured[at]),
            }
            for at, gene in enumerate(self.predictor.header.input.genes)
        ]
        results = {
            "spots": len(self.section),
            "refused": self.refused,
            "warned": int((self.flags != "").sum()),
            "maps": list(self.maps),
            "genes": genes,
            "mean_measured_pearson": float(known.mean()) if known.size else None,
        }
        return {
            "model_sha256": self.predictor.sha256,
            "notes": list(self.section.notes),
            "results": results,
        }


def predict_study(
    predictor: ExpressionPredictor,
    source: SectionSource,
    folder: Path,
    *,
    encoders: Sequence[str] = (),
    store: FeatureStore | None = None,
) -> PredictedSection:
    """Predict one section and write ``predictions.h5ad``, maps and the overlay of its spots.

    Parameters
    ----------
    predictor
        The model.
    source
        Where the section lies.
    folder
        Made unless it is there, once the section is read.
    encoders
        Those that a model file alone may not call for; see `ExpressionPredictor.recipe`.
    store
        Where features are looked up and kept.

    Raises
    ------
    UsageError
        An encoder must be named.
    DataError
        The section can't be read, or its spots do not lie on tissue.
    EnvironmentFault
        A file can't be written.
    """
    predictor.recipe(encoders)  # refuses what does not fit before anything is read
    section = read_section(source)
    make_run_folder(folder)
    section = registered(section, folder)
    values = predictor.predict(section, encoders=encoders, store=store)
    flags = flagged_spots(section)
    section = replace(section, notes=(*section.notes, *_image_notes(section, flags, predictor)))
    return _written(folder, section, values, flags, predictor)


def _written(
    folder: Path,
    section: TissueSection,
    values: FloatArray,
    flags: TextArray,
    predictor: ExpressionPredictor,
) -> PredictedSection:
    genes = [gene.name for gene in predictor.header.input.genes]
    measured = measured_values(section, genes)
    described = {
        "model_sha256": predictor.sha256,
        "disclaimer": DISCLAIMER,
        "values": "log(1 + counts per 10,000)",
    }
    write_h5ad(
        folder / PREDICTIONS_FILE, section, values, flags=flags, predictor=predictor, provenance=described
    )
    drawn = predictor.best_first[:_DRAWN]
    maps = write_maps(
        folder,
        section,
        [genes[at] for at in drawn],
        values[:, drawn],
        None if measured is None else measured[:, drawn],
    )
    pearson = None if measured is None else agreement(values, measured)
    return PredictedSection(predictor, section, values, flags, pearson, tuple(maps))


def _image_notes(section: TissueSection, flags: TextArray, predictor: ExpressionPredictor) -> list[str]:
    """Return what must be known before the predictions of this image are believed."""
    kinds = sorted({str(flag) for flag in flags} - {""})
    notes = [
        f"{section.name}: {int((flags == kind).sum())} of {len(flags)} spots have {kind}; they are marked in {PREDICTIONS_FILE}"
        for kind in kinds
    ]
    if predictor.header.input.training.left_out == "section":
        notes.append(
            "what is expected of each gene was measured on left-out sections of the training patients; in another patient expect less"
        )
    strange = strange_colour(section, predictor.header.input.training.tissue_colours)
    return [*notes, strange] if strange else notes
