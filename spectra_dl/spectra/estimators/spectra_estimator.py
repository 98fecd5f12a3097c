"""What every estimator that takes spectra shares: their axis, how they are checked, and whose they are."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.estimators.labels import read_groups
from spectra_dl.spectra.estimators.matrices import (
    CheckedEstimator,
    frame_axis,
    require_same_axis,
)
from spectra_dl.spectra.readers.columns import USUAL_COLUMNS
from spectra_dl.spectra.table import SpectraTable, as_table

NO_GROUPS = (
    "no patient ids: give fit(X, y, groups=patients). scikit-learn's tools hand groups to the splitter alone: write "
    'cross_val_score(..., groups=patients, params={"groups": patients}); GridSearchCV needs X with its patients, a SpectraTable or '
    'a DataFrame with the index "patient", or sklearn.set_config(enable_metadata_routing=True) before GridSearchCV.fit(X, y, groups=patients)'
)


class SpectraEstimator(CheckedEstimator):
    """An estimator with the parameter ``wavenumber``, whose rows are spectra on that axis.

    Attributes
    ----------
    wavenumber_
        ``(p,)`` axis it was fitted on, in cm⁻¹.
    n_features_in_
        Points of a spectrum.
    feature_names_in_
        Names of the columns it was fitted on, if they were texts.
    """

    wavenumber: ArrayLike | None
    wavenumber_: FloatArray

    def _spectra(self, X: Any, *, reset: bool) -> SpectraTable:
        """Return checked spectra; ``reset`` when fitting, which takes the axis from the parameter, the columns or the table."""
        if not reset:
            check_is_fitted(self)
        if isinstance(X, SpectraTable):
            return self._of_table(X, reset=reset)
        columns = frame_axis(X)
        axis = self._axis(columns, reset=reset)
        if columns is not None:
            require_same_axis(columns, columns if axis is None else axis)
        matrix = self._matrix(X, reset=reset, least_features=2 if reset else 1, axis=axis)
        axis = self._axis_of(matrix) if axis is None else axis
        table = as_table(matrix, axis)
        if reset:
            self.wavenumber_ = table.wavenumber
        return table

    def _axis(self, columns: FloatArray | None, *, reset: bool) -> FloatArray | None:
        if not reset:
            return self.wavenumber_
        if self.wavenumber is None:
            return columns
        try:
            return np.asarray(self.wavenumber, dtype=np.float64)
        except ValueError as err:
            raise UsageError(f"wavenumber is no list of numbers ({err}); give Raman shifts in cm⁻¹") from err

    def _axis_of(self, matrix: FloatArray) -> FloatArray:
        """Return the axis of a plain matrix, which nobody has named."""
        raise DataError(
            f"no axis: give {type(self).__name__}(wavenumber=...) with {matrix.shape[1]} Raman shifts in cm⁻¹, a DataFrame whose columns are "
            "these, or a SpectraTable"
        )

    def _of_table(self, X: SpectraTable, *, reset: bool) -> SpectraTable:
        axis = self._axis(X.wavenumber, reset=reset)
        table = as_table(X, X.wavenumber if axis is None else axis)
        self._rows(table, reset=reset)
        if reset:
            self.wavenumber_ = table.wavenumber
        return table


def patients_of(X: Any, groups: object, rows: int) -> TextArray:
    """Return whose each row is: ``groups``, or what X says of it.

    Parameters
    ----------
    X
        A `SpectraTable` with patients, or a data frame whose index, or a level of it, is named ``patient`` or ``patient_id``, says it
        itself; scikit-learn's tools take rows of both together with their patients.
    groups
        ``(n,)`` patient ids; they go before what X says. None takes X's.
    rows
        How many rows X has.

    Raises
    ------
    DataError
        Neither gives patients, or some are missing.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame([[1.0], [2.0]], columns=[400.0], index=pd.Index(["P1", "P2"], name="patient"))
    >>> patients_of(frame, None, 2)
    array(['P1', 'P2'], dtype=object)
    """
    if groups is None:
        groups = _stated_patients(X)
    if groups is None:
        raise DataError(NO_GROUPS)
    return read_groups(groups, rows)


def _stated_patients(X: Any) -> object:
    if isinstance(X, SpectraTable):
        return X.patient
    names = getattr(getattr(X, "index", None), "names", ())
    level = next((name for name in names if name in USUAL_COLUMNS["patient"]), None)
    return None if level is None else X.index.get_level_values(level)
