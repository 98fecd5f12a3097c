"""One model in one fold: fitted on the training rows, asked about the test rows, nothing outside it changed."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, Texts
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.estimator import Fittable, fit_copy
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.rows import Rows, RowSubset

Learned = TypeVar("Learned", covariant=True)


class Observer(Protocol):
    """Looks at a fitted model and returns what it saw, None where there is nothing to see; it changes nothing.

    One that returns dataclasses names them in an attribute ``record_types``, for the journal of a run.
    """

    def __call__(self, name: str, fold: Fold, fitted: Any) -> object | None:
        """Return what is seen of a fitted model.

        Parameters
        ----------
        name
            The model's.
        fold
            In which it was fitted.
        fitted
            The model, to be left as it is.
        """


class FoldTask(Protocol[Learned]):
    """What is learned in a fold and asked of it. Classes and profiles each have their own."""

    @property
    def record_types(self) -> tuple[type, ...]:
        """The dataclasses that `learn` returns, for the journal of a run."""

    def target(self, fold: Fold) -> NDArray[Any]:
        """Return what estimators fit, an entry for each training row."""

    def groups(self, rows: IndexArray) -> Texts:
        """Return what must not be divided within these rows: patients or sections."""

    def predict(self, name: str, fitted: Any, rows: Any, fold: Fold) -> FloatArray:
        """Return ``(k, c)`` predictions of the fold's test rows, checked.

        Parameters
        ----------
        name, fitted
            The fitted model.
        rows
            The fold's ``k`` test rows, as the model takes them.
        fold
            In which it was fitted.
        """

    def learn(self, name: str, fitted: Any, rows: RowSubset, fold: Fold) -> Learned:
        """Return what is learned from the fold's training rows besides the model, such as a threshold.

        Parameters
        ----------
        name, fitted
            The fitted model.
        rows
            The fold's training rows.
        fold
            In which it was fitted.
        """


@dataclass(frozen=True, eq=False)
class FoldOutcome(Generic[Learned]):
    """What one model said in one fold.

    Attributes
    ----------
    model
        The model's name.
    fold
        The fold.
    predicted
        ``(k, c)`` of the fold's test rows, in their order.
    learned
        What was learned from the training rows besides the model.
    chosen
        What the model chose among candidates, if it had a choice.
    observed
        What each observer saw.
    seconds
        Wall-clock time of the fit and the predictions.
    """

    model: str
    fold: Fold
    predicted: FloatArray
    learned: Learned
    chosen: Any
    observed: tuple[object | None, ...]
    seconds: float

    def observations(self) -> "list[Observation]":
        """Return what observers saw, those left out that saw nothing."""
        return [Observation(self.model, self.fold, seen) for seen in self.observed if seen is not None]


@dataclass(frozen=True, eq=False)
class Observation:
    """What an observer saw of one fitted model.

    Attributes
    ----------
    model, fold
        Of which model, in which fold.
    seen
        What it saw.
    """

    model: str
    fold: Fold
    seen: object


@dataclass(frozen=True, eq=False)
class FoldJob(Generic[Learned]):
    """A model to be fitted in a fold. All it needs it holds, so that it can run anywhere.

    Attributes
    ----------
    entry
        The model.
    rows
        All rows of the evaluation.
    task
        What is learned and asked.
    fold
        Who trains and who is tested.
    title
        What it is, for the log.
    observers
        Look at the fitted model.
    """

    entry: ModelEntry[Any]
    rows: Rows
    task: FoldTask[Learned]
    fold: Fold
    title: str
    observers: Sequence[Observer] = ()

    @property
    def record_types(self) -> tuple[type, ...]:
        """The dataclasses that the outcome is made of, for the journal of a run."""
        observed = (kind for observer in self.observers for kind in getattr(observer, "record_types", ()))
        return (FoldOutcome, Fold, Choice, *self.task.record_types, *observed)

    def run(self) -> FoldOutcome[Learned]:
        """Fit a copy of the model on the training rows and predict the test rows.

        Raises
        ------
        DataError
            The model can't be fitted on these rows, or its predictions are not what they must be.
        """
        name, fold, task = self.entry.name, self.fold, self.task
        started = time.perf_counter()
        train = RowSubset(self.rows, fold.train)
        model: Fittable = self.entry.estimator
        fitted = fit_copy(model, train.values, task.target(fold), task.groups(fold.train))
        observed = tuple(observer(name, fold, fitted) for observer in self.observers)
        predicted = task.predict(name, fitted, self.rows[fold.test], fold)
        learned = task.learn(name, fitted, train, fold)
        return FoldOutcome(
            model=name,
            fold=fold,
            predicted=predicted,
            learned=learned,
            chosen=getattr(fitted, "chosen_", None),
            observed=observed,
            seconds=time.perf_counter() - started,
        )
