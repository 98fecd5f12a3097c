"""Cross-entropy per row, against sums done by hand."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from spectra_dl.errors import UsageError
from spectra_dl.training import cross_entropy

LOGITS = np.random.default_rng(0).normal(size=(6, 3))
CLASSES = np.array([0, 1, 2, 2, 1, 0])
WEIGHT = np.array([0.5, 1.0, 2.0])


def test_a_row_costs_its_class_weight_times_its_surprise() -> None:
    wanted = -WEIGHT[CLASSES] * log_softmax(LOGITS, axis=1)[np.arange(6), CLASSES]
    got = cross_entropy(torch.tensor(WEIGHT))(torch.tensor(LOGITS), torch.tensor(CLASSES))
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_class_shares_and_class_numbers_cost_the_same() -> None:
    loss = cross_entropy([0.5, 1.0, 2.0])
    shares = torch.tensor(np.eye(3)[CLASSES])
    numbers = torch.tensor(CLASSES)
    torch.testing.assert_close(loss(torch.tensor(LOGITS), shares), loss(torch.tensor(LOGITS), numbers))


def test_label_smoothing_spreads_the_target_evenly() -> None:
    shares = 0.9 * np.eye(3)[CLASSES] + 0.1 / 3
    wanted = -(shares * log_softmax(LOGITS, axis=1)).sum(axis=1)
    got = cross_entropy(label_smoothing=0.1)(torch.tensor(LOGITS), torch.tensor(CLASSES))
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_a_class_without_rows_is_named() -> None:
    with pytest.raises(UsageError, match="class 1 is inf"):
        cross_entropy(torch.tensor([1.0, torch.inf]))
    with pytest.raises(UsageError, match="label_smoothing=1"):
        cross_entropy(label_smoothing=1.0)
