"""spectra-dl simulate: a serum study whose truth is known."""

from pathlib import Path
from typing import Literal

import click

from spectra_dl_cli.options import json_option, overwrite_option, seed_option
from spectra_dl_cli.out_folder import claim_run_folder
from spectra_dl_cli.output import say


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--patients", type=click.IntRange(min=2), default=427, show_default=True)
@click.option("--spectra-per-patient", type=click.IntRange(min=1), default=3, show_default=True)
@click.option(
    "--distance", type=click.FloatRange(min=0), metavar="D", help="Mahalanobis distance between the classes."
)
@click.option(
    "--fluorescence", type=click.Choice(["low", "medium", "high"]), default="medium", show_default=True
)
@seed_option
@overwrite_option
@json_option
def simulate(
    folder: Path,
    patients: int,
    spectra_per_patient: int,
    distance: float | None,
    fluorescence: Literal["low", "medium", "high"],
    seed: int,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write simulated serum spectra of patients with and without bone metastasis to DIR/spectra.csv.

    The classes lie at a known distance, so the best accuracy that any method can reach is known; it stands in
    DIR/report.json. Nothing in the study is real.
    """
    from dataclasses import asdict, replace

    from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
    from spectra_dl.spectra.table_files import write_table
    from spectra_dl.storage.run_folder import json_text, make_run_folder, write_report
    from spectra_dl_cli.provenance import provenance

    claim_run_folder(folder, overwrite=overwrite)
    settings = StudySettings(
        patients=patients, spectra_per_patient=spectra_per_patient, fluorescence=fluorescence, seed=seed
    )
    if distance is not None:
        settings = replace(settings, distance=distance)
    study = simulate_study(settings)
    make_run_folder(folder)
    write_table(folder / "spectra.csv", study.table)
    truth = {"best_auc": study.truth.best_auc, "best_accuracy": study.truth.best_accuracy}
    report = {
        **provenance([], seed=seed),
        "simulated": True,
        "notes": list(study.table.notes),
        "settings": asdict(settings),
        "results": truth,
    }
    write_report(folder, report)
    if as_json:
        say(json_text(report).rstrip())
    else:
        say(f"Wrote {len(study.table)} simulated spectra of {patients} patients to {folder / 'spectra.csv'}.")
        say(
            f"The best patient AUC any method can reach is {study.truth.best_auc:.3f}, the best accuracy {study.truth.best_accuracy:.3f}."
        )
