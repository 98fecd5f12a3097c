"""The random forest, against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier

from spectra_dl.errors import DataError
from spectra_dl.spectra.estimators.forest import Forest


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 2**31 - 1), st.integers(6, 60), st.integers(1, 40), st.integers(2, 4))
def test_every_bit_is_that_of_scikit_learns_forest(seed, n_rows, n_columns, n_classes):
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(n_rows, n_columns)).round(1)  # with ties
    label = np.array(list("abcd"))[np.arange(n_rows) % n_classes]
    asked = generator.normal(size=(9, n_columns))
    ours = Forest(7, seed).fit(rows, label)
    theirs = RandomForestClassifier(7, max_features="sqrt", random_state=seed).fit(rows, label)
    np.testing.assert_array_equal(ours.predict_proba(asked), theirs.predict_proba(asked))
    np.testing.assert_array_equal(ours.predict(asked), theirs.predict(asked))


def test_a_copy_starts_from_the_same_seed():
    rows = np.random.default_rng(0).normal(size=(20, 5))
    forest = Forest(5, 3).fit(rows, np.arange(20) % 2)
    np.testing.assert_array_equal(
        clone(forest).fit(rows, np.arange(20) % 2).predict_proba(rows), forest.predict_proba(rows)
    )


def test_missing_values_are_refused():
    with pytest.raises(DataError, match="missing"):
        Forest(2).fit([[1.0], [np.nan]], ["a", "b"])
