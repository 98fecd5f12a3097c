"""Losses per row, against sums done by hand, finite differences and another implementation."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from spectra_dl.errors import UsageError
from spectra_dl.training import cross_entropy
from spectra_dl.training.losses import cox_loss, hazard_loss

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


def followed(seed: int, rows: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    """Return log risks, and times with ties and events."""
    generator = np.random.default_rng(seed)
    time, event = generator.integers(1, 15, rows), generator.random(rows) < 0.6
    return torch.tensor(generator.normal(size=rows)), torch.tensor(np.stack([time, event], axis=1) * 1.0)


def test_an_event_costs_its_surprise_among_those_still_at_risk() -> None:
    risk, target = followed(0)
    time, event = target.numpy().T
    wanted = [
        -log_softmax(risk.numpy()[time >= time[row]])[np.flatnonzero(time >= time[row]) == row].item()
        if event[row]
        else 0.0
        for row in range(40)
    ]
    np.testing.assert_allclose(cox_loss(risk, target), wanted, rtol=1e-12)


@pytest.mark.filterwarnings("ignore:Ties in .time. detected")  # as wanted
def test_coxs_loss_and_gradient_equal_torchsurvs() -> None:
    library = pytest.importorskip("torchsurv.loss.cox", reason="torchsurv, of the extra test")
    for seed in range(5):
        risk, target = followed(seed)
        ours, theirs = risk.clone().requires_grad_(), risk.clone().requires_grad_()
        events = target[:, 1].sum()
        loss = cox_loss(ours, target).sum() / events
        other = (1 / events) * library.neg_partial_log_likelihood(
            theirs, target[:, 1] > 0, target[:, 0], ties_method="breslow", reduction="sum"
        )
        torch.testing.assert_close(loss, other.double(), atol=1e-6, rtol=0)
        loss.backward()
        other.backward()
        torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ["cox", "hazard"])
def test_gradients_of_survival_losses_equal_finite_differences(kind: str) -> None:
    risk, target = followed(1)
    if kind == "cox":
        given, loss = risk.requires_grad_(), lambda values: cox_loss(values, target)
    else:
        given = torch.randn(40, 15, dtype=torch.float64, requires_grad=True)
        loss = lambda values: hazard_loss(values, target)  # noqa: E731
    assert torch.autograd.gradcheck(loss, (given,), eps=1e-6, atol=1e-6)


def test_the_best_constant_hazards_are_those_of_a_life_table() -> None:
    _, target = followed(2, rows=300)
    observed, event = target.numpy().T
    hazard = np.array([event[observed == k].sum() / (observed >= k).sum() for k in range(1, 15)])
    best = torch.tensor(np.log(hazard / (1 - hazard)))
    value = hazard_loss(best.expand(300, -1), target).mean()
    for shift in (-0.1, 0.1):
        assert hazard_loss((best + shift).expand(300, -1), target).mean() > value
