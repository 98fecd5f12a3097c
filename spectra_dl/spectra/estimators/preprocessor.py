"""Preprocessing as scikit-learn transformers: the whole pipeline, and what single steps share."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.spectra_estimator import SpectraEstimator
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing
from spectra_dl.spectra.table import SpectraTable


class SpectraTransformer(TransformerMixin, SpectraEstimator):
    """A transformer that fits steps to the rows it is given, so to training rows only, and gives spectra.

    Attributes
    ----------
    fitted_
        The fitted steps.
    """

    _learnt = "fitted_"
    fitted_: FittedPreprocessing

    def _steps(self) -> Preprocessing:
        """Return the steps to fit."""
        raise NotImplementedError

    def fit(self, X: ArrayLike | SpectraTable, y: ArrayLike | None = None) -> Self:
        """Fit the steps on ``X`` ``(n, p)``.

        Parameters
        ----------
        X
            ``(n, p)`` training spectra.
        y
            Not looked at.

        Raises
        ------
        DataError
            Values are missing, there is no axis, or the columns of a data frame are another one.
        UsageError
            A setting of a step is out of range.
        """
        self.fitted_ = self._fit(self._spectra(X, reset=True))
        return self

    def transform(self, X: ArrayLike | SpectraTable) -> FloatArray:
        """Return the spectra after the steps, ``(n, q)`` float64."""
        return self._transform(self._spectra(X, reset=False))

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> TextArray:
        """Return the wavenumbers after the steps as text, ``(q,)``, which are the columns after ``set_output(transform="pandas")``."""
        check_is_fitted(self)
        if input_features is not None:
            self._compare_names(np.asarray(input_features, dtype=object))
        return np.array([repr(value) for value in self.fitted_.wavenumber.tolist()], dtype=object)

    def _fit(self, table: SpectraTable) -> FittedPreprocessing:
        return self._steps().fit(table)

    def _transform(self, table: SpectraTable) -> FloatArray:
        return self.fitted_.clean(table)[0].intensity

    def _compare_names(self, given: TextArray) -> None:
        names = getattr(self, "feature_names_in_", None)
        if names is not None and not np.array_equal(names, given):
            raise DataError(
                "input_features is not equal to feature_names_in_; leave it out: the names are wavenumbers"
            )
        if len(given) != self.n_features_in_:
            raise DataError(
                f"input_features should have length equal to number of features ({self.n_features_in_}), got {len(given)}"
            )


class SpectraPreprocessor(SpectraTransformer):
    """A whole `Preprocessing` as a scikit-learn transformer.

    Its steps are fitted on the rows that `fit` is given: in a pipeline, on the training rows of each split.

    Parameters
    ----------
    wavenumber
        ``(p,)`` in cm⁻¹, the axis of every row. None takes the columns of the data frame, or the axis of the table, that it is
        fitted on.
    preprocessing
        The steps; None takes the default ones.
    memory
        Shared by models that are fitted on the same rows or clean the same spectra; None fits and cleans each time.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
    >>> table = simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=64)).table
    >>> model = make_pipeline(SpectraPreprocessor(table.wavenumber), PCA(5), LogisticRegression())
    >>> model.fit(table.intensity, table.label).predict_proba(table.intensity).shape
    (16, 2)
    >>> model[0].set_output(transform="pandas").transform(table.intensity).columns[0]
    '400.0'
    """

    def __init__(
        self,
        wavenumber: ArrayLike | None = None,
        preprocessing: Preprocessing | None = None,
        memory: FoldMemory | None = None,
    ) -> None:
        self.wavenumber = wavenumber
        self.preprocessing = preprocessing
        self.memory = memory

    def _steps(self) -> Preprocessing:
        return self.preprocessing or Preprocessing.default()

    def _fit(self, table: SpectraTable) -> FittedPreprocessing:
        return super()._fit(table) if self.memory is None else self.memory.fit(self._steps(), table)

    def _transform(self, table: SpectraTable) -> FloatArray:
        if self.memory is None:  # rounded as a memory and a network have them
            return self.fitted_.transform(table).matrix.astype(np.float64, order="C")
        return self.memory.clean(table, self.fitted_).astype(np.float64)
