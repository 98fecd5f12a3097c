"""What `simulate` writes, and what it says of it."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.fusion.simulation.written import WrittenFusion
    from spectra_dl.spectra.study.simulate import (
        WrittenFamily,
        WrittenInstruments,
        WrittenSimulation,
        WrittenSurvival,
    )
    from spectra_dl.storage.run_folder import RunResult
    from spectra_dl.tissue.study.simulate import WrittenShares
    from spectra_dl_cli.commands.simulation.settings import Settings


def written_study(settings: "Settings", folder: Path) -> "tuple[RunResult, int, str]":
    """Simulate what is asked for, write it, and return it with its seed and with what is said of it.

    Parameters
    ----------
    settings
        What is simulated.
    folder
        What it is written to.

    Raises
    ------
    UsageError
        It can't be simulated.
    EnvironmentFault
        The folder or a file can't be written.
    """
    from spectra_dl.fusion.simulation.fusion_study import FusionSimulationSettings
    from spectra_dl.fusion.simulation.outcome_study import FusionOutcomeSettings
    from spectra_dl.spectra.simulation.families.settings import FamilySettings
    from spectra_dl.spectra.simulation.instruments import InstrumentStudySettings
    from spectra_dl.spectra.simulation.serum_study import StudySettings
    from spectra_dl.spectra.simulation.survival_study import SimulatedSurvivalSettings
    from spectra_dl.spectra.study import simulate

    if isinstance(settings, StudySettings):
        classes = simulate.write_simulation(settings, folder)
        return classes, settings.seed, _classes_text(classes, folder)
    if isinstance(settings, FamilySettings):
        family = simulate.write_family(settings, folder)
        return family, settings.seed, _family_text(family, folder)
    if isinstance(settings, InstrumentStudySettings):
        measured = simulate.write_instrument_simulation(settings, folder)
        return measured, settings.study.seed, _instrument_text(measured, folder)
    if isinstance(settings, SimulatedSurvivalSettings):
        times = simulate.write_survival_simulation(settings, folder)
        return times, settings.study.seed, _survival_text(times, folder)
    if isinstance(settings, FusionSimulationSettings | FusionOutcomeSettings):
        from spectra_dl.fusion.simulation.written import write_fusion_study

        fusion = write_fusion_study(settings, folder)
        return fusion, settings.seed, _fusion_text(fusion, folder)
    from spectra_dl.tissue.study.simulate import write_share_study

    tissue = write_share_study(settings, folder)
    return tissue, settings.seed, _tissue_text(tissue, folder)


def _classes_text(result: "WrittenSimulation", folder: Path) -> str:
    from spectra_dl.spectra.study.simulate import SPECTRA_FILE

    table, truth = result.study.table, result.study.truth
    return (
        f"Wrote {len(table)} simulated spectra of {result.settings.patients} patients to {folder / SPECTRA_FILE}.\n"
        f"The best patient AUC any method can reach is {truth.best_auc:.3f}, the best accuracy {truth.best_accuracy:.3f}."
    )


def _family_text(result: "WrittenFamily", folder: Path) -> str:
    from spectra_dl.spectra.study.simulate import SPECTRA_FILE

    study = result.study
    return (
        f"Wrote {len(study.train)} simulated spectra of {study.settings.patients} patients to {folder / SPECTRA_FILE}; the signal is of kind {study.settings.signal}.\n"
        f"The best patient AUC any method can reach is {study.best_auc:.3f}; on these patients the true likelihood ratio reaches {study.best_auc_of_these:.3f}."
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
