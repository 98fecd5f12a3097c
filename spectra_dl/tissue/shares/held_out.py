"""Shares of held-out patients beside the true ones: how near a model comes to a share in patients it never saw."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.classes.results import ModelResult
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval, draw_patients, percentile_interval
from spectra_dl.evaluation.report.classes_json import intervals_json, rounded
from spectra_dl.evaluation.wording import short_interval
from spectra_dl.tissue.cohort import ImageCohort
from spectra_dl.tissue.shares.confusion import Confusion, patient_counts
from spectra_dl.tissue.shares.estimate import GOOD_RESPONSE, ShareEstimate, ShareEstimator
from spectra_dl.tissue.shares.share_classes import ShareClasses, class_numbers


@dataclass(frozen=True, eq=False)
class HeldOutShares:
    """One model's shares of patients it was not trained on.

    Attributes
    ----------
    patient
        Those who have images of either class.
    truth
        ``(m,)`` shares of their labelled images.
    said
        What was estimated of each, corrected by what the model mistook in the others.
    figures
        Mean absolute error and bias of corrected and counted shares, and how often intervals hold the true share, with intervals over patients.
    """

    patient: tuple[str, ...]
    truth: FloatArray
    said: tuple[ShareEstimate, ...]
    figures: Mapping[str, Interval]

    def json(self) -> dict[str, object]:
        """Return figures and patients ready for JSON."""
        listed = {
            name: {
                "truth": rounded(float(truth)),
                "share": rounded(each.share),
                "counted": rounded(each.counted),
                "low": rounded(each.low),
                "high": rounded(each.high),
                "at_least_90": each.reaches,
            }
            for name, truth, each in zip(self.patient, self.truth, self.said, strict=True)
        }
        good = self.truth >= GOOD_RESPONSE
        answers = np.array([each.reaches for each in self.said], dtype=object)
        counts = {
            group: {answer: int((answers[of] == answer).sum()) for answer in ("yes", "undecided", "no")}
            for group, of in (("at_least_90", good), ("below_90", ~good))
        }
        return {"figures": intervals_json(self.figures), "answers": counts, "patients": listed}


def decided_classes(result: ModelResult, folds: Sequence[Fold], positive: int | None) -> IndexArray:
    """Return the number ``(n,)`` of the class that a model decides for each row in folds that left its patient out; repeats are averaged.

    Two classes are decided by the threshold that each fold chose on its training patients, more by the largest probability.

    Parameters
    ----------
    result
        Of the model.
    folds
        Of the evaluation.
    positive
        Number of the class that is reported with two classes; None with more.
    """
    if positive is None:
        return np.asarray(result.probability.mean(axis=0).argmax(axis=1), dtype=np.intp)
    above = np.empty(result.probability.shape[:2])
    chosen = (
        [0.5] * len(folds) if result.threshold is None else [at.value for at in result.threshold.per_fold]
    )
    for fold, threshold in zip(folds, chosen, strict=True):
        above[fold.repeat, fold.test] = result.probability[fold.repeat, fold.test, positive] - threshold
    return np.where(above.mean(axis=0) >= 0, positive, 1 - positive)


def held_out_shares(
    cohort: ImageCohort, asked: ShareClasses, predicted: IndexArray, *, resamples: int, seed: int
) -> HeldOutShares:
    """Return the shares of patients by predictions of folds that left them out.

    A patient's share is corrected by what was mistaken in all others. The truth is of the images that were predicted, so slides that nobody has add nothing
    to the error.

    Parameters
    ----------
    cohort
        The images.
    asked
        Which share.
    predicted
        ``(n,)`` numbers of the sorted classes, from `decided_classes`.
    resamples, seed
        Of the patient bootstrap.
    """
    classes = tuple(sorted(set(cohort.label)))
    true = class_numbers(cohort.label, classes)
    people, owner = np.unique(np.array(cohort.subject), return_inverse=True)
    confusion = patient_counts(true, predicted, people[owner], len(classes))
    truth = asked.share_of(confusion.sum(axis=2), classes)
    known = np.flatnonzero(np.isfinite(truth))
    slide = owner if cohort.slide is None else np.unique(cohort.slide.astype(str), return_inverse=True)[1]
    said = tuple(
        ShareEstimator(asked, classes, Confusion(np.delete(confusion, at, axis=0))).estimate(
            _by_slide(predicted[owner == at], slide[owner == at], len(classes))
        )
        for at in known
    )
    figures = _figures(truth[known], said, resamples, seed)
    return HeldOutShares(tuple(str(people[at]) for at in known), truth[known], said, figures)


def _by_slide(predicted: IndexArray, slide: IndexArray, width: int) -> IndexArray:
    number = np.unique(slide, return_inverse=True)[1]
    counts = np.zeros((number.max() + 1, width), dtype=np.intp)
    np.add.at(counts, (number, predicted), 1)
    return counts


def _figures(
    truth: FloatArray, said: Sequence[ShareEstimate], resamples: int, seed: int
) -> dict[str, Interval]:
    """Return means over patients; one without a share is left out of errors, and its interval of 0 to 1 counts."""
    error = np.array([each.share for each in said]) - truth
    counted = np.array([each.counted for each in said]) - truth
    inside = np.array([each.low <= share <= each.high for each, share in zip(said, truth, strict=True)])
    values = {
        "mean_absolute_error": np.abs(error),
        "bias": error,
        "mean_absolute_error_counted": np.abs(counted),
        "bias_counted": counted,
        "coverage": inside.astype(np.float64),
    }
    drawn = draw_patients(len(truth), resamples=resamples, seed=seed)
    return {
        name: percentile_interval(float(_means(each, np.ones((1, len(truth))))[0]), _means(each, drawn))
        for name, each in values.items()
    }


def _means(values: FloatArray, weights: FloatArray) -> FloatArray:
    known = np.isfinite(values)
    total = weights[:, known].sum(axis=1)
    sums = weights[:, known] @ values[known]
    means: FloatArray = np.divide(sums, total, out=np.full(len(weights), np.nan), where=total > 0)
    return means


def shares_json(asked: ShareClasses, shares: Mapping[str, HeldOutShares]) -> dict[str, object]:
    """Return the shares of all models ready for JSON.

    Parameters
    ----------
    asked
        Which share.
    shares
        By model.
    """
    models = {name: each.json() for name, each in shares.items()}
    return {"part": asked.part, "rest": asked.rest, "models": models}


def shares_lines(asked: ShareClasses, shares: Mapping[str, HeldOutShares]) -> Iterator[str]:
    """Yield lines for a terminal: errors of each model, corrected and as counted.

    Parameters
    ----------
    asked
        Which share.
    shares
        By model.
    """
    if not shares:
        return
    patients = len(next(iter(shares.values())).patient)
    yield ""
    yield f"Share {asked.part} / ({asked.part} + {asked.rest}) of {patients} patients nobody was trained on, corrected by what was mistaken in the others:"
    yield f"  {'model':<22}{'mean absolute error [95 %]':<28}{'bias [95 %]':<24}{'as counted':<12}{'intervals that hold the truth'}"
    for name, each in shares.items():
        of = each.figures
        yield (
            f"  {name[:22]:<22}{short_interval(of['mean_absolute_error']):<28}{short_interval(of['bias']):<24}"
            f"{of['mean_absolute_error_counted'].value:<12.3f}{of['coverage'].value:.0%}"
        )
