"""Evaluate models of images by patient, beside what splits by slide and by image would claim."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import Evaluation
from spectra_dl.evaluation.folds.group_splits import group_folds
from spectra_dl.evaluation.folds.split_file import read_split
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.report.classes_json import evaluation_report, evaluation_split
from spectra_dl.evaluation.report.classes_text import evaluation_text
from spectra_dl.evaluation.report.report_files import report_files
from spectra_dl.evaluation.rows import Rows
from spectra_dl.evaluation.wording import first_few, short_figure, short_interval
from spectra_dl.execution.run import Execution
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.imaging.fine_tuning.rows import PixelRows
from spectra_dl.storage.run_folder import RunResult
from spectra_dl.tissue.bags.of_cohort import bags_of_cohort
from spectra_dl.tissue.cohort import ImageCohort, labelled_images
from spectra_dl.tissue.encoding import encode_images, image_pixels
from spectra_dl.tissue.estimators.held_out_activation import ActivationObserver
from spectra_dl.tissue.estimators.model_names import chosen_models
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.probes import image_audit_inputs
from spectra_dl.tissue.report_context import tissue_context
from spectra_dl.tissue.shares.held_out import (
    HeldOutShares,
    decided_classes,
    held_out_shares,
    shares_json,
    shares_lines,
)
from spectra_dl.tissue.shares.share_classes import ShareClasses, cohort_share
from spectra_dl.tissue.study.models import looks_at_pixels, pools, study_models
from spectra_dl.tissue.study.settings import TissueStudySettings

_FOLDS = 5
_PATIENT = "patient"


@dataclass(frozen=True, eq=False)
class EvaluatedImages(RunResult):
    """Models of images, evaluated.

    Attributes
    ----------
    cohort
        The images that were used, with every note.
    evaluation
        Scores, folds, leaky estimates and audit.
    share, shares
        Which share was asked for, and how near each model comes to it in held-out patients.
    overlays
        Images that a fine-tuned model was most certain of, with where it looked, ready for JSON; None where no model is fine-tuned.
    """

    cohort: ImageCohort
    evaluation: Evaluation
    share: ShareClasses | None = None
    shares: Mapping[str, HeldOutShares] = field(default_factory=dict)
    overlays: Mapping[str, object] | None = None

    @property
    def report(self) -> dict[str, object]:
        """Notes and results, ready for JSON."""
        results = evaluation_report(self.evaluation)
        if self.share is not None:
            results["shares"] = shares_json(self.share, self.shares)
        if self.overlays is not None:
            results["overlays"] = self.overlays
        return {"notes": list(self.cohort.notes), "results": results}

    def text(self) -> str:
        """Return the notes, the results and what leaky splits would claim for a terminal."""
        notes = [f"Note: {note}" for note in self.cohort.notes]
        shares = () if self.share is None else shares_lines(self.share, self.shares)
        scores = evaluation_text(self.evaluation).rstrip()
        return "\n".join([*notes, "", scores, *_claims(self.evaluation), *shares])

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return ``folds.csv`` and ``report.html``; ``report`` is the whole report."""
        return report_files(evaluation_split(self.evaluation), report)


def evaluate_study(
    images: TissueImages,
    settings: TissueStudySettings | None = None,
    *,
    split: str | Sequence[Fold] | None = None,
    store: FeatureStore | None = None,
    execution: Execution | None = None,
) -> EvaluatedImages:
    """Evaluate models of images on the same patients.

    Encoders are frozen, so that images are encoded once; everything that is fitted is fitted in the fold.

    Parameters
    ----------
    images
        With class and patient, as a reader gives them.
    settings
        The default if None.
    split
        Text of the ``folds.csv`` of another run, whose folds are repeated; or folds of the images.
    store
        Where features are looked up and kept; None computes them.
    execution
        Where jobs run, and the journal of what is finished; in this process and without one if None.

    Raises
    ------
    DataError
        Class or patient is missing, an image is damaged, a split is impossible, or the split is that of other data.
    UsageError
        There is no such encoder, model or column, or a share is asked for that is not of two classes of images.
    """
    settings = settings or TissueStudySettings()
    chosen_models(settings.models)  # an unknown name is refused before anything is computed
    cohort = labelled_images(images, label_per_sample=settings.label_per_sample)
    asked = None if settings.share is None else cohort_share(cohort, settings.share)
    bagging = bags_of_cohort(cohort)
    models = study_models(settings, bagging)
    looks_at_pixels(models)  # refused beside models that pool before anything is encoded
    folds, split_by, notes = _folds(cohort, settings, split)
    features = encode_images(cohort.images, settings.encoders, store, on_disk=pools(models)).values
    rows: Rows = BaggedFeatures(features, bagging.name) if bagging is not None and pools(models) else features
    observers: list[ActivationObserver] = []
    if looks_at_pixels(models):
        rows = PixelRows(features, image_pixels(cohort.images))
        observers = [ActivationObserver(rows, cohort.label, cohort.subject)]
    evaluation = evaluate(
        models,
        rows,
        cohort.label,
        cohort.patient,
        replace(settings.evaluation, folds=settings.folds or _FOLDS, split_by=split_by),
        audit_inputs=image_audit_inputs(cohort, features),
        folds=folds,
        context=replace(tissue_context(settings.encoders), rows=cohort.names),
        observers=observers,
        leaky_groups={} if cohort.slide is None else {"slide": cohort.slide},
        execution=execution,
    )
    shares = {} if asked is None else _shares(cohort, asked, evaluation)
    drawn = [each.overlays(evaluation.observations, cohort.images.name) for each in observers]
    cohort = replace(cohort, notes=(*cohort.notes, *notes))
    return EvaluatedImages(cohort, evaluation, asked, shares, overlays=drawn[0] if drawn else None)


def _shares(cohort: ImageCohort, asked: ShareClasses, evaluation: Evaluation) -> dict[str, HeldOutShares]:
    """Return held-out shares of every model that looks at images."""
    settings, folds = evaluation.settings, evaluation.folds
    positive = None if evaluation.positive is None else evaluation.patients.classes.index(evaluation.positive)
    return {
        name: held_out_shares(
            cohort,
            asked,
            decided_classes(result, folds, positive),
            resamples=settings.resamples,
            seed=settings.seed,
        )
        for name, result in evaluation.models.items()
        if result.kind != "control"
    }


def _folds(
    cohort: ImageCohort, settings: TissueStudySettings, split: str | Sequence[Fold] | None
) -> tuple[Sequence[Fold] | None, str, tuple[str, ...]]:
    """Return the folds that are asked for, None to draw them; what they keep together; and a note where one was chosen here."""
    if split is not None:
        given = read_split(split, cohort.subject, names=cohort.names) if isinstance(split, str) else split
        return given, _PATIENT, ()
    if settings.split_by is not None:
        return _left_out(cohort, settings.split_by), settings.split_by, ()
    fewest = min(Counter(dict(zip(cohort.patient, cohort.label, strict=True)).values()).values())
    if settings.folds is None and fewest < _FOLDS:
        if settings.evaluation.repeats > 1:
            raise UsageError(
                f"a class has {fewest} patients, so one patient at a time is left out, which can be done in one way only; leave --repeats out or say --folds"
            )
        note = (
            f"a class has {fewest} patients, too few for {_FOLDS} folds, so one patient at a time is left out"
        )
        return _left_out(cohort, _PATIENT), _PATIENT, (note,)
    return None, _PATIENT, ()


def _left_out(cohort: ImageCohort, column: str) -> list[Fold]:
    """Return folds that leave out one value of a column at a time."""
    columns = {**cohort.images.metadata, _PATIENT: np.array(cohort.subject, dtype=object)}
    if column not in columns:
        raise UsageError(
            f"--split-by {column!r:.80}: there is no such column; there are {first_few(columns)}"
        )
    return group_folds(cohort.patient, cohort.label, columns[column], column=column)


def _claims(evaluation: Evaluation) -> list[str]:
    """Say what splits by slide and by image would claim, beside the split by patient."""
    divided = {name: result for name, result in evaluation.models.items() if result.leaky_by}
    if not divided:
        return []
    groups = [f"by {group}" for group in next(iter(divided.values())).leaky_by]
    lines = [
        "",
        "Balanced accuracy of single images, left out by patient, and as splits that divide patients would claim (leaky estimates, no results):",
        f"  {'model':<22}{'by patient [95 %]':<24}"
        + "".join(f"{each:>12}" for each in (*groups, "by image")),
    ]
    for name, result in divided.items():
        figures = [each["balanced_accuracy"] for each in result.leaky_by.values()]
        figures += [result.leaky["balanced_accuracy"] if result.leaky else float("nan")]
        cells = "".join(f"{short_figure(value):>12}" for value in figures)
        lines.append(f"  {name[:22]:<22}{short_interval(result.row_level['balanced_accuracy']):<24}{cells}")
    return lines
