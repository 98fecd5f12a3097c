"""Predict images: a class for each image and each patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.abstention import coverage_notes
from spectra_dl.classification.decision import Answer, DecisionRule
from spectra_dl.classification.patient_pooling import PatientTally
from spectra_dl.classification.predictions import (
    PatientPredictions,
    RowPredictions,
    patient_predictions_file,
    row_predictions_file,
)
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.storage.run_folder import PAGE_NAME, RunResult, make_run_folder
from spectra_dl.tissue.estimators.model_names import NETWORKS
from spectra_dl.tissue.image_networks import scale_notes
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.maps.decisive_images import first_classes
from spectra_dl.tissue.predictor import DRAWN_OF_A_CLASS, ImagePredictions, TissuePredictor
from spectra_dl.tissue.shares.share_classes import ShareClasses
from spectra_dl.tissue.shares.stated import SHARES_FILE, StatedShare, write_shares
from spectra_dl.tissue.study.slides import (
    images_shares,
    place_columns,
    share_estimator,
    share_notes,
    write_slides,
)

_OF_SLIDES = "the model's classes are of slides, so each slide has its own answer; coverage was fitted on a patient's slides of one class together and is not promised for one slide"
_OF_IMAGES = (
    "the model's classes are of images, so each image has its own answer and no patient has one; coverage was fitted on a patient's images of one class together "
    "and is not promised for one image"
)
_CHOSEN = (
    f"Of each class{{first}}, the images that were most certainly called it: up to {DRAWN_OF_A_CLASS}, no two of one patient, none that is unlike the "
    "training images."
)
LISTED = 10_000  # patients in report.json; patients.csv has all
Answered = Sequence[tuple[PatientPredictions, list[Answer]]]


@dataclass(frozen=True, eq=False)
class PredictedImages(RunResult):
    """Predictions of images.

    Attributes
    ----------
    predictor
        The model.
    images
        What was predicted.
    rows
        Of each image.
    answered
        Of each patient, some at a time, with the answers; of each image where no patients were named.
    coverage
        How often sets of classes shall hold the true one.
    seen
        How many of the images the model was trained on.
    notes
        Of the reader and of the model.
    share, shares
        Which share was estimated, and that of each patient and each slide, where a share is asked for.
    overlays
        Images that a fine-tuned model was most certain of, with where it looked, ready for JSON; None of other models.
    """

    predictor: TissuePredictor
    images: TissueImages
    rows: RowPredictions
    answered: Answered
    coverage: float
    seen: int
    notes: tuple[str, ...]
    share: ShareClasses | None = None
    shares: tuple[StatedShare, ...] = ()
    overlays: Mapping[str, object] | None = None

    @property
    def damaged(self) -> int:
        """How many images were refused."""
        return int(self.rows.damaged.sum())

    @property
    def report(self) -> dict[str, object]:
        """The model's digest and source, notes, and the first patients, ready for JSON."""
        status = {name: int((self.rows.status == name).sum()) for name in ("ok", "warned", "refused")}
        return {
            "model_sha256": self.predictor.sha256,
            "trained_on": self.predictor.header.training.source,
            "notes": list(self.notes),
            "results": {
                "coverage": self.coverage,
                "images": status,
                "patients_total": sum(len(answers) for _, answers in self.answered),
                "patients": _patients_json(self.answered),
                **({"shares": [each.json() for each in self.shares[:LISTED]]} if self.shares else {}),
                **({} if self.overlays is None else {"overlays": self.overlays}),
            },
        }

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return the page; ``report`` is the whole report."""
        from spectra_dl.tissue.images_page.page import images_page

        beside = ["predictions.csv", "patients.csv", *([SHARES_FILE] if self.share else [])]
        return {PAGE_NAME: images_page(self.predictor, self.answered, report, seen=self.seen, files=beside)}


def predict_study(
    predictor: TissuePredictor,
    images: TissueImages,
    folder: Path | None = None,
    *,
    coverage: float | None = None,
    share: str | None = None,
    encoders: Sequence[str] = (),
    store: FeatureStore | None = None,
) -> PredictedImages:
    """Predict images, and write a line for each image and each patient, and maps of slides; where classes are of images, each image is answered by itself.

    Parameters
    ----------
    predictor
        The model.
    images
        Of which classes need not be known; without patients each image stands for itself.
    folder
        Where ``predictions.csv`` and ``patients.csv`` are written; None writes nothing.
    coverage
        How often sets of classes shall hold the true one; None takes the one that the model was stored with.
    share
        Two classes parted by a slash whose share is estimated; None takes the model's own, if it has one.
    encoders
        Those that a model file alone may not call for.
    store
        Where features are looked up and kept.

    Raises
    ------
    UsageError
        The model has no limits for this coverage, an encoder must be named, or it can't estimate the share.
    EnvironmentFault
        A file can't be written.
    """
    estimator = share_estimator(predictor, share)
    rule = predictor.decision if coverage is None else predictor.decision_at(coverage)
    rows = predictor.predict(images, encoders=encoders, store=store)
    answers_for = predictor.header.input.classes_of
    tally = PatientTally(rule.classes, rule.words, one_spelling=answers_for != "slide")
    owner = {"image": None, "slide": images.slide, "patient": rows.patient}[answers_for]
    tally.add(replace(rows, patient=owner))
    temperature = predictor.classification.calibration.temperature
    answered = [(some, rule.of_patients(some)) for some in tally.patients(temperature)]
    estimated: tuple[ShareClasses | None, tuple[StatedShare, ...]] = (
        (None, ()) if estimator is None else (estimator.asked, images_shares(estimator, images, rows, rule))
    )
    placing: tuple[str, ...] = ()
    if folder is not None:
        _write_tables(folder, images, rows, rule, answered)
        if estimator is not None:
            write_shares(folder / SHARES_FILE, estimated[1])
        placing = write_slides(folder, images, rows, rule)
    notes = (
        *images.notes,
        *scale_notes(predictor.header.input, images),
        *{"image": (_OF_IMAGES,), "slide": (_OF_SLIDES,)}.get(answers_for, ()),
        *share_notes(predictor, estimator),
        *placing,
        *coverage_notes(rule.conformal, rule.classes, rule.patients),
        *tally.notes(),
    )
    seen, overlays = predictor.seen_in_training(images), _overlays(predictor, images, rows)
    return PredictedImages(
        predictor,
        images,
        rows,
        answered,
        rule.conformal.coverage,
        seen,
        notes,
        *estimated,
        overlays,
    )


def _write_tables(
    folder: Path, images: TissueImages, rows: ImagePredictions, rule: DecisionRule, answered: Answered
) -> None:
    """Write a line for each image and each patient."""
    make_run_folder(folder)
    attention = {} if rows.attention is None else {"attention": _shares(rows.attention)}
    classes, wanted, more = rule.classes, rule.conformal.coverage, place_columns(images) | attention
    with row_predictions_file(folder / "predictions.csv", classes, list(more)) as append_rows:
        append_rows(rows, rule.of_rows(rows), tuple(more.values()))
    with patient_predictions_file(folder / "patients.csv", classes, wanted, rule.words) as append_patients:
        for some, answers in answered:
            append_patients(some, answers)


def _overlays(
    predictor: TissuePredictor, images: TissueImages, rows: ImagePredictions
) -> dict[str, object] | None:
    """Return what a page draws of the images that the model was most certain of; None of a model that doesn't look at pixels."""
    part = predictor.header.input
    if not part.looks_at_pixels:
        return None
    seen = predictor.most_certain(images, rows)
    chosen = _CHOSEN.format(first=first_classes(len(rows.classes)))
    return seen.json(NETWORKS[part.network.name], chosen, images.name, patient=images.patient, truth=None)


def _shares(attention: FloatArray) -> list[str]:
    """Return the cells of the column of attention; empty where an image was refused."""
    return ["" if isnan(share) else f"{share:.9g}" for share in attention.tolist()]


def _patients_json(answered: Answered) -> list[dict[str, object]]:
    """Return the first patients, ready for JSON."""
    listed: list[dict[str, object]] = []
    for some, answers in answered:
        for row, answer in enumerate(answers[: LISTED - len(listed)]):
            stated = zip(some.classes, some.stated_probability[row].tolist(), strict=True)
            listed.append(
                {
                    "patient": some.patient[row],
                    "images": int(some.n_rows[row]),
                    "used": int(some.n_used[row]),
                    "status": some.status[row],
                    "predicted_class": answer.predicted_class,
                    "prediction_set": list(answer.prediction_set),
                    "abstains": answer.abstains,
                    "probability": {name: None if isnan(p) else p for name, p in stated},
                }
            )
    return listed
