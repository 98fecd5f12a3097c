"""What a model must offer, and how it is fitted and asked, the same way wherever that happens."""

import inspect
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, Texts
from spectra_dl.errors import DataError, SpectraDLError
from spectra_dl.evaluation.folds.splits import inner_folds
from spectra_dl.evaluation.rows import Rows, count_rows


class Estimator(Protocol):
    """scikit-learn's classifier, with parameters that `sklearn.base.clone` can copy.

    A fitted one may also offer ``out_of_fold_probability_`` ``(n, c)``: for each training row, in the order of
    ``classes_``, what it says without having seen the row's patient. Any may offer ``smaller()``: an unfitted model that says
    nearly the same sooner, or itself. It stands in where patients are left out for a model that doesn't say what it makes of them, and in leaky estimates.
    """

    classes_: Sequence[str]

    def fit(self, X: Any, y: NDArray[np.str_]) -> Any:
        """Fit to labelled rows and return the estimator.

        Parameters
        ----------
        X
            ``n`` rows, as the estimator takes them.
        y
            ``(n,)`` classes.
        """

    def predict_proba(self, X: Any) -> FloatArray:
        """Return ``(n, c)`` probabilities of ``n`` rows, a column for each of ``classes_``."""


class Fittable(Protocol):
    """Whatever learns a target from rows: a classifier here, a regressor of profiles elsewhere."""

    def fit(self, X: Any, y: Any) -> Any:
        """Fit to rows and their targets and return the estimator.

        Parameters
        ----------
        X
            ``n`` rows, as the estimator takes them.
        y
            ``(n, ...)`` what is learned.
        """


_Model = TypeVar("_Model", bound=Fittable)


def fit_copy(model: _Model, rows: Any, target: NDArray[Any], groups: Texts) -> _Model:
    """Return a fitted copy of ``model``; one whose ``fit`` has a parameter ``groups`` is given them.

    Parameters
    ----------
    model
        Unfitted, or fitted on other rows.
    rows
        ``n`` rows, as the model takes them.
    target
        ``(n, ...)`` what it learns.
    groups
        ``(n,)`` patients or sections.

    Raises
    ------
    DataError
        The model can't be fitted on these rows, mostly because they are too few.
    """
    from sklearn.base import clone

    fresh: _Model = clone(model)
    takes_groups = "groups" in inspect.signature(fresh.fit).parameters
    also = {"groups": groups} if takes_groups else {}
    try:
        fresh.fit(rows, target, **also)
    except SpectraDLError:
        raise
    except ValueError as err:
        raise DataError(
            f"{type(model).__name__} can't be fitted on {count_rows(rows)} rows of {len(set(groups))} patients or sections "
            f"({str(err)[:200]}); bring more patients, take fewer folds, or leave the model out"
        ) from err
    return fresh


def smaller(model: _Model) -> _Model:
    """Return an unfitted model that says nearly the same sooner, or the model itself where it offers none."""
    stand_in: _Model = model.smaller() if hasattr(model, "smaller") else model
    return stand_in


def class_probability(name: str, model: Estimator, rows: Any, classes: Sequence[str]) -> FloatArray:
    """Return ``(n, c)`` probabilities with a column for each of ``classes``; one the model never saw has 0.

    Parameters
    ----------
    name, model
        The fitted model.
    rows
        ``n`` rows, as the model takes them.
    classes
        The order of the columns.

    Raises
    ------
    DataError
        The model gives no probabilities, or classes of its own.
    """
    return _in_order(name, model, model.predict_proba(rows), count_rows(rows), classes)


def unseen_probability(
    name: str,
    fitted: Estimator,
    rows: Rows,
    label: NDArray[np.str_],
    patient: NDArray[np.str_],
    *,
    classes: Sequence[str],
    seed: int,
) -> FloatArray | None:
    """Return what a model says of its own training rows without having seen their patients.

    Taken from ``out_of_fold_probability_`` where the model offers it; else copies are fitted on inner folds by patient.

    Parameters
    ----------
    name
        The model's, for errors.
    fitted
        Fitted on just these rows.
    rows, label, patient
        ``n``, ``(n,)``, ``(n,)``: what it was fitted on.
    classes
        The order of the columns.
    seed
        Of the inner folds.

    Returns
    -------
    probability
        ``(n, c)``, or None where a class has a single patient, who can't be left out.
    """
    out_of_fold = getattr(fitted, "out_of_fold_probability_", None)
    if out_of_fold is not None:
        return _in_order(name, fitted, out_of_fold, len(rows), classes)
    folds = inner_folds(patient, label, seed=seed)
    model = smaller(fitted)
    probability = np.empty((len(rows), len(classes)))
    for fold in folds:
        inner = fit_copy(model, rows[fold.train], label[fold.train], patient[fold.train])
        probability[fold.test] = class_probability(name, inner, rows[fold.test], classes)
    return probability if folds else None


def _in_order(
    name: str, model: Estimator, given: FloatArray, n_rows: int, classes: Sequence[str]
) -> FloatArray:
    given = np.asarray(given, dtype=np.float64)
    known = [str(name) for name in model.classes_]
    fits = given.shape == (n_rows, len(known)) and set(known) <= set(classes)
    if not fits or not np.allclose(given.sum(axis=1), 1.0, atol=1e-3) or np.any(given < 0):
        raise DataError(
            f"{name}: predict_proba gave no probabilities, one per row and class with rows that sum to one; "
            "mend the model"
        )
    probability = np.zeros((n_rows, len(classes)))
    probability[:, [classes.index(known_class) for known_class in known]] = given
    return probability
