"""What `simulate` draws, from its options."""

from typing import TYPE_CHECKING, Literal

from spectra_dl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spectra_dl.fusion.simulation.fusion_study import FusionSimulationSettings
    from spectra_dl.fusion.simulation.outcome_study import FusionOutcomeSettings
    from spectra_dl.spectra.simulation.families.settings import FamilySettings, SignalName
    from spectra_dl.spectra.simulation.instruments import InstrumentStudySettings
    from spectra_dl.spectra.simulation.serum_study import StudySettings
    from spectra_dl.spectra.simulation.survival_study import SimulatedSurvivalSettings
    from spectra_dl.tissue.simulation.share_study import ShareStudySettings

    Settings = (
        StudySettings
        | FamilySettings
        | SimulatedSurvivalSettings
        | InstrumentStudySettings
        | ShareStudySettings
        | FusionSimulationSettings
        | FusionOutcomeSettings
    )


def simulation_settings(
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
    signal: "SignalName | None",
    best_auc: float | None,
    seed: int,
) -> "Settings":
    """Return what is to be simulated; an option that doesn't fit the others is refused.

    Parameters
    ----------
    patients, spectra_per_patient, distance, hazard_ratio, fluorescence, tissue, slides, tiles, fusion, missing, instruments, explained, signal, best_auc, seed
        As the options of these names say; None where they were not given.

    Raises
    ------
    UsageError
        Options don't go together.
    """
    tissue_alone = {"slides": slides, "tiles": tiles}
    spectra_alone = {"fluorescence": fluorescence}
    of_spectra = {"spectra_per_patient": spectra_per_patient, "distance": distance}
    if instruments is not None and (fusion or tissue or hazard_ratio is not None):
        raise UsageError("--instruments is of spectra of two classes alone; leave it out")
    if fusion or tissue:
        _refuse({"signal": signal, "best_auc": best_auc}, "spectra of two classes alone; leave it out")
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
        from spectra_dl.tissue.simulation.share_study import ShareStudySettings

        _refuse({**spectra_alone, **of_spectra}, "spectra; leave it or --tissue out")
        return ShareStudySettings(
            patients or 24, slides or 4, tiles or 16, seed=seed, hazard_ratio=hazard_ratio
        )
    _refuse(tissue_alone, "tissue; add --tissue")
    how_many = (patients or 427, spectra_per_patient or 3)
    if signal is not None:
        other = {"distance": distance, "hazard_ratio": hazard_ratio, "instruments": instruments}
        _refuse({**other, **spectra_alone}, "the study of one signal; leave it or --signal out")
        return _family_settings(signal, how_many, best_auc, seed)
    _refuse({"best_auc": best_auc}, "a signal; add --signal")
    drawn = _spectra_settings(how_many, distance, hazard_ratio, fluorescence or "medium", seed)
    return drawn if instruments is None else _instrument_settings(drawn, instruments)


def _family_settings(
    signal: "SignalName", how_many: tuple[int, int], best_auc: float | None, seed: int
) -> "FamilySettings":
    from dataclasses import replace

    from spectra_dl.spectra.simulation.families.settings import FamilySettings

    patients, spectra = how_many
    settings = FamilySettings(signal=signal, patients=patients, spectra_per_patient=spectra, seed=seed)
    return settings if best_auc is None else replace(settings, best_auc=best_auc)


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
    how_many: tuple[int, int],
    distance: float | None,
    hazard_ratio: float | None,
    fluorescence: Literal["low", "medium", "high"],
    seed: int,
) -> "StudySettings | SimulatedSurvivalSettings":
    from dataclasses import replace

    from spectra_dl.spectra.simulation.serum_study import StudySettings
    from spectra_dl.spectra.simulation.survival_study import SimulatedSurvivalSettings

    patients, spectra = how_many
    settings = StudySettings(
        patients=patients, spectra_per_patient=spectra, fluorescence=fluorescence, seed=seed
    )
    if hazard_ratio is None:
        return settings if distance is None else replace(settings, distance=distance)
    if distance is not None:
        raise UsageError(
            "--distance lies between classes, and with --hazard-ratio there are none; leave one out"
        )
    return SimulatedSurvivalSettings(study=settings, hazard_ratio=hazard_ratio)
