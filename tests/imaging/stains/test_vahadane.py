"""Stains and amounts are those of the least loss that Vahadane et al. define, beside scikit-learn's dictionary learning, and the truth where it is known."""

import numpy as np
import pytest
from scipy.optimize import nnls
from sklearn.decomposition import DictionaryLearning

from spectra_dl.imaging.stains.reference import densities, stained_pixels
from spectra_dl.imaging.stains.vahadane import SPARSITY, sparse_amounts, sparse_loss, vahadane_stains
from tissue.stained_tiles import LABORATORIES, tile


def apart(first, second):
    """The angles between two pairs of stains, in degrees."""
    cosine = (first * second).sum(0) / np.linalg.norm(first, axis=0) / np.linalg.norm(second, axis=0)
    return np.rad2deg(np.arccos(np.clip(cosine, -1, 1)))


@pytest.fixture(scope="module", params=LABORATORIES)
def seen(request):
    stained = stained_pixels(densities(tile(request.param, side=40)))
    return np.asarray(LABORATORIES[request.param][0]), stained, vahadane_stains(stained)


def test_the_loss_is_no_higher_than_that_of_scikit_learn(seen):
    _, stained, stains = seen
    reference = DictionaryLearning(
        2, alpha=SPARSITY, fit_algorithm="cd", transform_algorithm="lasso_cd", transform_alpha=SPARSITY,
        positive_code=True, positive_dict=True, max_iter=60, tol=1e-9, random_state=0,
    ).fit(stained)  # fmt: skip
    theirs = reference.components_.T[:, np.argsort(-reference.components_[:, 0])]
    ours = sparse_loss(stained, stains, sparse_amounts(stained, stains))
    assert ours <= sparse_loss(stained, theirs, sparse_amounts(stained, theirs)) * (1 + 1e-4)
    assert apart(stains, theirs).max() < 0.01


def test_amounts_are_the_least_of_their_loss(seen):
    """Non-negative least squares with one row more, whose error is the sum of amounts (completing the square)."""
    _, stained, stains = seen
    some = stained[:: len(stained) // 50]
    alike = np.linalg.cholesky(stains.T @ stains).T
    shifted = np.linalg.solve(alike.T, (some @ stains - SPARSITY).T)
    expected = [nnls(alike, column)[0] for column in shifted.T]
    np.testing.assert_allclose(sparse_amounts(some, stains), expected, atol=1e-9)


def test_the_stains_that_a_laboratory_has_are_found(seen):
    truth, _, stains = seen
    np.testing.assert_allclose(np.linalg.norm(stains, axis=0), 1.0, rtol=1e-9)
    assert (stains >= 0).all()
    assert apart(stains, truth).max() < 12.0
