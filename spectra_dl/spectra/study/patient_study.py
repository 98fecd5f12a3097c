"""What studies of what comes of patients share: their choices and their networks."""

from collections.abc import Callable
from dataclasses import dataclass, field

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.outcomes.settings import PatientSettings
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import ModelNames
from spectra_dl.spectra.estimators.outcomes.ensemble import OutcomeNetwork
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.training.settings import TrainingSettings


@dataclass(frozen=True)
class PatientStudySettings:
    """The choices of a study.

    Attributes
    ----------
    evaluation
        What is predicted, folds, seed and resamples.
    preprocessing
        Cleaning steps, fitted anew on the training rows of each fold.
    networks
        By name; an empty tuple evaluates none. The first model is the reference of the differences.
    classical
        Models evaluated beside them, by title; None takes all. ``chosen`` of the table of names gives both from the names that users type.
    members
        Networks in the ensemble.
    training
        Settings of the loop.
    """

    evaluation: PatientSettings
    preprocessing: Preprocessing = field(default_factory=Preprocessing.default)
    networks: tuple[str, ...] = ()
    classical: tuple[str, ...] | None = None
    members: int = 5
    training: TrainingSettings = field(default_factory=TrainingSettings)


def study_networks(
    settings: PatientStudySettings,
    wavenumber: FloatArray,
    memory: FoldMemory,
    *,
    names: ModelNames,
    kind: Callable[[str], tuple[type[OutcomeNetwork], str]],
) -> dict[str, Fittable]:
    """Return the unfitted networks that the settings name, by title.

    Parameters
    ----------
    settings
        Which, and how they clean and train.
    wavenumber
        ``(p,)`` in cm⁻¹, the axis of the rows they will be given.
    memory
        What models share.
    names
        The table of names.
    kind
        Returns the estimator and the architecture of a name.
    """
    networks: dict[str, Fittable] = {}
    for name in dict.fromkeys(settings.networks):
        estimator, architecture = kind(name)
        networks[names.network_title(name)] = estimator(
            wavenumber,
            settings.preprocessing,
            network=architecture,
            members=settings.members,
            training=settings.training,
            seed=settings.evaluation.seed,
            memory=memory,
        )
    return networks
