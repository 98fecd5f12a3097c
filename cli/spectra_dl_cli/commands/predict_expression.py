"""spectra-dl predict with a model of expression: a section in, an .h5ad and maps out."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from spectra_dl.errors import UsageError
from spectra_dl_cli.feature_store import open_store
from spectra_dl_cli.output import say, table_text

if TYPE_CHECKING:
    from spectra_dl.arrays import TextArray
    from spectra_dl.expression.predictor import ExpressionPredictor
    from spectra_dl.expression.section import TissueSection

_PARTIAL = 6
_SHOWN, _DRAWN = 10, 4


def predict_expression(
    data: tuple[Path, ...],
    model_path: Path,
    predictor: "ExpressionPredictor",
    folder: Path | None,
    *,
    mpp: float | None,
    pitch: float | None,
    image: Path | None,
    encoders: tuple[str, ...],
    store: Path | None,
    as_json: bool,
) -> int:
    """Predict one section, write predictions.h5ad, maps and report.json to ``folder``, and return the exit code."""
    import numpy as np

    from spectra_dl.expression.maps import agreement, measured_values, write_h5ad, write_maps
    from spectra_dl.expression.readers import SectionSource, read_section
    from spectra_dl.expression.registration.spots_on_tissue import registered
    from spectra_dl.expression.registration.tile_flags import flagged_spots
    from spectra_dl.storage.run_folder import json_text, make_run_folder, write_report
    from spectra_dl_cli.provenance import provenance

    if len(data) != 1 or folder is None:
        raise UsageError(
            "a model of expression predicts one section at a time and writes files; name one section, and a folder with --out"
        )
    source = SectionSource(data[0], um_per_pixel=mpp, image=image, pitch_um=pitch)
    predictor.recipe(encoders)  # refuses what does not fit before anything is read
    section = read_section(source)
    make_run_folder(folder)
    section = registered(section, folder)
    values = predictor.predict(section, encoders=encoders, store=open_store(store) if store else None)
    flags = flagged_spots(section)
    section = replace(section, notes=(*section.notes, *_image_notes(section, flags, predictor)))
    genes = [gene.name for gene in predictor.header.input.genes]
    measured = measured_values(section, genes)
    found = None if measured is None else agreement(values, measured)
    refused = int(np.isnan(values[:, 0]).sum())
    origin = provenance([*data, *section.files])
    write_h5ad(
        folder / "predictions.h5ad",
        section,
        values,
        flags=flags,
        predictor=predictor,
        provenance={
            "model_sha256": predictor.sha256,
            "disclaimer": str(origin["disclaimer"]),
            "values": "log(1 + counts per 10,000)",
        },
    )
    best = predictor.best_first
    drawn = best[:_DRAWN]
    maps = write_maps(
        folder,
        section,
        [genes[at] for at in drawn],
        values[:, drawn],
        None if measured is None else measured[:, drawn],
    )
    known = None if found is None else found[np.isfinite(found)]
    report = {
        **origin,
        "model_sha256": predictor.sha256,
        "notes": list(section.notes),
        "results": {
            "spots": len(section),
            "refused": refused,
            "warned": int((flags != "").sum()),
            "maps": maps,
            "genes": [
                {
                    "name": gene.name,
                    "expected_pearson": gene.pearson,
                    "noise_ceiling": gene.ceiling,
                    "do_not_use": not gene.usable,
                    "measured_pearson": None if found is None else float(found[at]),
                }
                for at, gene in enumerate(predictor.header.input.genes)
            ],
            "mean_measured_pearson": float(known.mean()) if known is not None and known.size else None,
        },
    }
    write_report(folder, report)
    if as_json:
        say(json_text(report).rstrip())
        return _PARTIAL if refused else 0
    say(f"Model {model_path.name}, trained on {predictor.header.training.source}. {origin['disclaimer']}.")
    for note in section.notes:
        say(f"Note: {note}")
    say()
    say(
        f"{len(section) - refused} of {len(section)} spots predicted, {len(genes)} genes: {folder / 'predictions.h5ad'} and {len(maps)} maps."
    )
    if known is not None and known.size:
        say(
            f"This section was counted: predictions correlate with its counts at {known.mean():.3f}, mean over {known.size} genes."
        )
    rows = [
        [
            genes[at],
            _shown(predictor.header.input.genes[at].pearson),
            _shown(None if found is None else float(found[at])),
        ]
        for at in best[:_SHOWN]
    ]
    say()
    say(table_text(["gene", "expected r", "measured r"], rows))
    return _PARTIAL if refused else 0


def _image_notes(section: "TissueSection", flags: "TextArray", predictor: "ExpressionPredictor") -> list[str]:
    """Return what must be known before the predictions of this image are believed."""
    from spectra_dl.expression.registration.tile_flags import strange_colour

    kinds = sorted({str(one) for one in flags} - {""})
    notes = [
        f"{section.name}: {int((flags == kind).sum())} of {len(flags)} spots have {kind}; they are marked in predictions.h5ad"
        for kind in kinds
    ]
    if predictor.header.input.training.left_out == "section":
        notes.append(
            "what is expected of each gene was measured on left-out sections of the training patients; in another patient expect less"
        )
    strange = strange_colour(section, predictor.header.input.training.tissue_colours)
    return [*notes, strange] if strange else notes


def _shown(value: float | None) -> str:
    return "-" if value is None or value != value else f"{value:.3f}"
