"""spectra-dl simulate: a serum study, one of tissue, or one of several blocks, whose truth is known."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from spectra_dl.errors import UsageError
from spectra_dl_cli.options import bundled, seed_option
from spectra_dl_cli.output import Output, bundled_output, json_option, origin_of, overwrite_option
from spectra_dl_cli.printing.help import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spectra_dl.fusion.simulation.fusion_study import FusionSimulationSettings
    from spectra_dl.fusion.simulation.outcome_study import FusionOutcomeSettings
    from spectra_dl.fusion.simulation.written import WrittenFusion
    from spectra_dl.spectra.simulation.instruments import InstrumentStudySettings
    from spectra_dl.spectra.simulation.serum_study import StudySettings
    from spectra_dl.spectra.simulation.survival_study import SimulatedSurvivalSettings
    from spectra_dl.spectra.study.simulate import WrittenInstruments, WrittenSimulation, WrittenSurvival
    from spectra_dl.tissue.simulation.share_study import ShareStudySettings
    from spectra_dl.tissue.study.simulate import WrittenShares

    Settings = (
        StudySettings
        | SimulatedSurvivalSettings
        | InstrumentStudySettings
        | ShareStudySettings
        | FusionSimulationSettings
        | FusionOutcomeSettings
    )


def _settings(
    *,
    patients: int | None,
    spectra_per_patient: int | None,
    distance: float | None,
    hazard_ratio: float | None,
    fluorescence: Literal["low", "medium", "high"] | None,
    tissue: bool,
    slides: int | None,
    tiles: int | None,
    fusion: bool,
    missing: float | None,
    instruments: int | None,
    explained: float | None,
    seed: int,
) -> "Settings":
    tissue_alone = {"slides": slides, "tiles": tiles}
    spectra_alone = {"fluorescence": fluorescence}
    if instruments is not None and (fusion or tissue or hazard_ratio is not None):
        raise UsageError("--instruments is of spectra of two classes alone; leave it out")
    of_spectra = {"spectra_per_patient": spectra_per_patient, "distance": distance}
    if fusion:
        _refuse({**tissue_alone, **spectra_alone}, "one kind of data alone; leave it or --fusion out")
        return _fusion_settings(
            patients=patients or 120,
            spectra_per_patient=spectra_per_patient or 2,
            distance=distance,
            hazard_ratio=hazard_ratio,
            explained=explained,
            tissue=tissue,
            missing=missing or 0.0,
            seed=seed,
        )
    _refuse({"missing": missing, "explained": explained}, "several blocks; add --fusion")
    if tissue:
        _refuse({**spectra_alone, **of_spectra}, "spectra; leave it or --tissue out")
    else:
        _refuse(tissue_alone, "tissue; add --tissue")
    if tissue:
        from spectra_dl.tissue.simulation.share_study import ShareStudySettings

        return ShareStudySettings(
            patients or 24, slides or 4, tiles or 16, seed=seed, hazard_ratio=hazard_ratio
        )
    drawn = _spectra_settings(
        patients=patients or 427,
        spectra_per_patient=spectra_per_patient or 3,
        distance=distance,
        hazard_ratio=hazard_ratio,
        fluorescence=fluorescence or "medium",
        seed=seed,
    )
    return drawn if instruments is None else _instrument_settings(drawn, instruments)


def _instrument_settings(
    study: "StudySettings | SimulatedSurvivalSettings", instruments: int
) -> "InstrumentStudySettings":
    from spectra_dl.spectra.simulation.instruments import InstrumentStudySettings
    from spectra_dl.spectra.simulation.serum_study import StudySettings

    assert isinstance(study, StudySettings)  # refused with times to an event
    return InstrumentStudySettings(study=study, instruments=instruments)


def _refuse(options: "Mapping[str, object]", of: str) -> None:
    """Refuse options that are of something else."""
    for name, value in options.items():
        if value is not None:
            raise UsageError(f"--{name.replace('_', '-')} is of {of}")


def _fusion_settings(
    *,
    patients: int,
    spectra_per_patient: int,
    distance: float | None,
    hazard_ratio: float | None,
    explained: float | None,
    tissue: bool,
    missing: float,
    seed: int,
) -> "FusionSimulationSettings | FusionOutcomeSettings":
    from dataclasses import replace

    from spectra_dl.fusion.simulation.fusion_study import FusionSimulationSettings
    from spectra_dl.fusion.simulation.outcome_study import FusionOutcomeSettings
    from spectra_dl.spectra.simulation.serum_study import best_auc

    if hazard_ratio is None and explained is None:
        classes = FusionSimulationSettings(
            patients=patients,
            spectra_per_patient=spectra_per_patient,
            tissue_auc=0.7 if tissue else None,
            images=tissue,
            missing=missing,
            seed=seed,
        )
        return classes if distance is None else replace(classes, spectra_auc=best_auc(distance))
    _refuse({"distance": distance}, "classes, and here are none; leave it out")
    if hazard_ratio is not None and explained is not None:
        raise UsageError("--explained is of a number, --hazard-ratio of the time to an event; leave one out")
    settings = FusionOutcomeSettings(
        patients=patients,
        spectra_per_patient=spectra_per_patient,
        tissue=1.0 if tissue else None,
        images=tissue,
        missing=missing,
        hazard_ratio=hazard_ratio,
        seed=seed,
    )
    return settings if explained is None else replace(settings, explained=explained)


def _spectra_settings(
    *,
    patients: int,
    spectra_per_patient: int,
    distance: float | None,
    hazard_ratio: float | None,
    fluorescence: Literal["low", "medium", "high"],
    seed: int,
) -> "StudySettings | SimulatedSurvivalSettings":
    from dataclasses import replace

    from spectra_dl.spectra.simulation.serum_study import StudySettings
    from spectra_dl.spectra.simulation.survival_study import SimulatedSurvivalSettings

    settings = StudySettings(
        patients=patients, spectra_per_patient=spectra_per_patient, fluorescence=fluorescence, seed=seed
    )
    if hazard_ratio is None:
        return settings if distance is None else replace(settings, distance=distance)
    if distance is not None:
        raise UsageError(
            "--distance lies between classes, and with --hazard-ratio there are none; leave one out"
        )
    return SimulatedSurvivalSettings(study=settings, hazard_ratio=hazard_ratio)


@click.command(cls=Command)
@click.argument("out", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--patients",
    type=click.IntRange(min=2),
    metavar="N",
    help="427 if not given, of tissue 24, with --fusion 120.",
)
@click.option(
    "--spectra-per-patient",
    type=click.IntRange(min=1),
    metavar="N",
    help="3 if not given, with --fusion 2.",
)
@click.option(
    "--distance", type=click.FloatRange(min=0), metavar="D", help="Mahalanobis distance between the classes."
)
@click.option(
    "--hazard-ratio",
    type=click.FloatRange(min=1),
    metavar="R",
    help="Times to an event in place of classes: columns months and event, whose hazard grows so many times with a standard deviation of one band, with --tissue of necrosis that is missing, with --fusion of what all blocks say together.",
)
@click.option(
    "--explained",
    type=click.FloatRange(min=0, max=1, max_open=True),
    metavar="SHARE",
    help="With --fusion: a number in place of classes, column score, of whose variance all blocks together explain this share.",
)
@click.option("--fluorescence", type=click.Choice(["low", "medium", "high"]), help="medium if not given.")
@click.option(
    "--tissue",
    is_flag=True,
    help="Slides of tumours in place of spectra: tiles that are viable, necrotic or no tumour, of which each patient's share of necrosis is known.",
)
@click.option(
    "--slides",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --tissue: slides of a patient, 4 if not given.",
)
@click.option(
    "--tiles",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --tissue: tiles of a slide, 16 if not given.",
)
@click.option(
    "--fusion",
    is_flag=True,
    help="Spectra and clinical columns of the same patients, with --tissue images too, and the study file of evaluate fusion.",
)
@click.option(
    "--missing",
    type=click.FloatRange(min=0, max=1, max_open=True),
    metavar="SHARE",
    help="With --fusion: the share of patients who lack a block, of each block at random.",
)
@click.option(
    "--instruments",
    type=click.IntRange(min=2, max=26),
    metavar="N",
    help="The patients shared out among so many spectrometers that differ in axis, resolution and response, and ten samples that each of them measured.",
)
@seed_option
@overwrite_option
@json_option
@bundled("settings", _settings)
@bundled_output
def simulate(
    *,
    settings: "Settings",
    output: Output,
) -> None:
    """Write simulated serum spectra of patients with and without bone metastasis to DIR/spectra.csv.

    The classes lie at a known distance, so the best accuracy that any method can reach is known; it stands in
    DIR/report.json. With --hazard-ratio patients are followed for months in place of having a class, and the best C-index is known.
    Nothing in the study is real. With --tissue it is a folder DIR/images of tiles of tumours with their sheet, and the patients' shares of necrosis stand in
    DIR/truth.csv. With --instruments the samples stand in DIR/samples_a.csv, DIR/samples_b.csv and so on, and how the instruments differ in
    DIR/report.json. With --fusion the patients have clinical columns too, and the best AUC of each set of blocks stands in DIR/truth.json, or
    the best R2, or C-index.
    """
    from spectra_dl.fusion.simulation.fusion_study import FusionSimulationSettings
    from spectra_dl.fusion.simulation.outcome_study import FusionOutcomeSettings
    from spectra_dl.spectra.simulation.instruments import InstrumentStudySettings
    from spectra_dl.spectra.simulation.serum_study import StudySettings
    from spectra_dl.spectra.simulation.survival_study import SimulatedSurvivalSettings
    from spectra_dl.spectra.study.simulate import write_simulation, write_survival_simulation

    folder = output.claim()
    assert isinstance(folder, Path)  # DIR is required
    if isinstance(settings, StudySettings):
        classes = write_simulation(settings, folder)
        output.finish(classes, lambda: origin_of([], seed=settings.seed), lambda: _text(classes, folder))
        return
    if isinstance(settings, FusionSimulationSettings | FusionOutcomeSettings):
        from spectra_dl.fusion.simulation.written import write_fusion_study

        fusion = write_fusion_study(settings, folder)
        output.finish(fusion, lambda: origin_of([], seed=settings.seed), lambda: _fusion_text(fusion, folder))
        return
    if isinstance(settings, InstrumentStudySettings):
        from spectra_dl.spectra.study.simulate import write_instrument_simulation

        measured = write_instrument_simulation(settings, folder)
        seed = settings.study.seed
        output.finish(measured, lambda: origin_of([], seed=seed), lambda: _instrument_text(measured, folder))
        return
    if not isinstance(settings, SimulatedSurvivalSettings):
        from spectra_dl.tissue.study.simulate import write_share_study

        tissue = write_share_study(settings, folder)
        output.finish(tissue, lambda: origin_of([], seed=settings.seed), lambda: _tissue_text(tissue, folder))
        return
    seed, result = settings.study.seed, write_survival_simulation(settings, folder)
    output.finish(result, lambda: origin_of([], seed=seed), lambda: _survival_text(result, folder))


def _text(result: "WrittenSimulation", folder: Path) -> str:
    from spectra_dl.spectra.study.simulate import SPECTRA_FILE

    table, truth = result.study.table, result.study.truth
    return (
        f"Wrote {len(table)} simulated spectra of {result.settings.patients} patients to {folder / SPECTRA_FILE}.\n"
        f"The best patient AUC any method can reach is {truth.best_auc:.3f}, the best accuracy {truth.best_accuracy:.3f}."
    )


def _instrument_text(result: "WrittenInstruments", folder: Path) -> str:
    from spectra_dl.spectra.study.simulate import SAMPLES_FILE, SPECTRA_FILE

    study = result.study
    files = ", ".join(SAMPLES_FILE.format(each.name[-1].lower()) for each in study.instruments)
    return (
        f"Wrote {len(study.table)} simulated spectra of {result.settings.study.patients} patients on {len(study.instruments)} instruments to "
        f"{folder / SPECTRA_FILE}, and {result.settings.transfer_samples} samples that each of them measured to {files}.\n"
        f"The best patient AUC any method can reach is {study.best_auc:.3f}."
    )


def _survival_text(result: "WrittenSurvival", folder: Path) -> str:
    from spectra_dl.spectra.study.simulate import SPECTRA_FILE

    study = result.study
    return (
        f"Wrote {len(study.table)} simulated spectra of {result.settings.study.patients} patients, {result.events} of them with the event, to"
        f" {folder / SPECTRA_FILE}.\nThe best C-index any method can reach is {study.best_c_index:.3f}."
    )


def _tissue_text(result: "WrittenShares", folder: Path) -> str:
    from spectra_dl.tissue.study.simulate import IMAGES_FOLDER, TRUTH_FILE

    study = result.study
    times = (
        ""
        if study.followed is None
        else f"\n{int(study.followed.event.sum())} have the event; the best C-index any method can reach is {study.followed.best_c_index:.3f}."
    )
    return (
        f"Wrote {len(study.label)} simulated tiles of {len(study.patients)} patients to {folder / IMAGES_FOLDER}.\n"
        f"Each patient's share of necrosis stands in {folder / TRUTH_FILE}; {int((study.truth >= 0.9).sum())} have 90 % or more.{times}"
    )


def _fusion_text(result: "WrittenFusion", folder: Path) -> str:
    from spectra_dl.fusion.simulation.outcome_study import SimulatedFusionOutcome
    from spectra_dl.fusion.simulation.written import STUDY_FILE

    wrote = f"Wrote {len(result.study.patients)} simulated patients to {folder / STUDY_FILE}."
    if isinstance(result.study, SimulatedFusionOutcome):
        known = result.study.best.items()
        what = "R2" if result.study.target.ndim == 1 else "C-index"
        said = ", ".join(f"{' + '.join(sorted(subset))} {best:.3f}" for subset, best in known)
        return f"{wrote}\nThe best {what} any method can reach: {said}."
    truth = result.study.truth
    each = ", ".join(f"{' + '.join(sorted(subset))} {auc:.3f}" for subset, auc in truth.best_auc.items())
    missing = (
        f" With the blocks that patients lack here it is {truth.best_auc_as_missing:.3f}."
        if result.study.settings.missing
        else ""
    )
    return f"{wrote}\nThe best patient AUC any method can reach: {each}.{missing}"
