"""spectra-dl simulate: a serum study whose truth is known."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from spectra_dl_cli.options import bundled, seed_option
from spectra_dl_cli.output import Output, bundled_output, json_option, origin_of, overwrite_option
from spectra_dl_cli.printing.help import Command

if TYPE_CHECKING:
    from spectra_dl.spectra.simulation.serum_study import StudySettings
    from spectra_dl.spectra.study.simulate import WrittenSimulation


def _settings(
    *,
    patients: int,
    spectra_per_patient: int,
    distance: float | None,
    fluorescence: Literal["low", "medium", "high"],
    seed: int,
) -> "StudySettings":
    from dataclasses import replace

    from spectra_dl.spectra.simulation.serum_study import StudySettings

    settings = StudySettings(
        patients=patients, spectra_per_patient=spectra_per_patient, fluorescence=fluorescence, seed=seed
    )
    return settings if distance is None else replace(settings, distance=distance)


@click.command(cls=Command)
@click.argument("out", type=click.Path(path_type=Path), metavar="DIR")
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
@bundled("settings", _settings)
@bundled_output
def simulate(*, settings: "StudySettings", output: Output) -> None:
    """Write simulated serum spectra of patients with and without bone metastasis to DIR/spectra.csv.

    The classes lie at a known distance, so the best accuracy that any method can reach is known; it stands in
    DIR/report.json. Nothing in the study is real.
    """
    from spectra_dl.spectra.study.simulate import write_simulation

    folder = output.claim()
    assert isinstance(folder, Path)  # DIR is required
    result = write_simulation(settings, folder)
    output.finish(result, lambda: origin_of([], seed=settings.seed), lambda: _text(result, folder))


def _text(result: "WrittenSimulation", folder: Path) -> str:
    from spectra_dl.spectra.study.simulate import SPECTRA_FILE

    table, truth = result.study.table, result.study.truth
    return (
        f"Wrote {len(table)} simulated spectra of {result.settings.patients} patients to {folder / SPECTRA_FILE}.\n"
        f"The best patient AUC any method can reach is {truth.best_auc:.3f}, the best accuracy {truth.best_accuracy:.3f}."
    )
