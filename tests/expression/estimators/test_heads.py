"""The heads against their formulas worked in NumPy."""

import numpy as np
import pytest
import torch
from scipy.special import erf
from torch import nn

from spectra_dl.errors import UsageError
from spectra_dl.expression.estimators.heads import start_at
from spectra_dl.expression.estimators.registry import build_head

SHOWN, WIDTH, GENES, HIDDEN = 3, 5, 4, 6
ON_FEATURES = ("linear", "mlp", "context")
ROWS = np.random.default_rng(0).normal(size=(7, SHOWN, WIDTH))


def built(name, shown=SHOWN):
    """Return a head in float64 and evaluation mode whose weights are all drawn."""
    head = build_head(name, shown=shown, n_features=WIDTH, n_outputs=GENES, hidden=HIDDEN).double().eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in head.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator, dtype=torch.float64))
    return head


def told(head, rows=ROWS):
    """Return what a head tells."""
    with torch.inference_mode():
        return head(torch.from_numpy(rows)).numpy()


def numbers(head):
    """Return a head's weights by name."""
    return {name: value.detach().numpy() for name, value in head.named_parameters()}


def gelu(x):
    """Return x times the share of a normal distribution below x (Hendrycks & Gimpel 2016)."""
    return x * 0.5 * (1 + erf(x / np.sqrt(2)))


def test_the_linear_head_is_one_map_of_all_that_is_shown():
    head = built("linear")
    own = numbers(head)
    expected = ROWS.reshape(7, -1) @ own["out.weight"].T + own["out.bias"]
    np.testing.assert_allclose(told(head), expected, rtol=1e-10)


def test_the_perceptron_has_one_hidden_layer():
    head = built("mlp")
    own = numbers(head)
    hidden = gelu(ROWS.reshape(7, -1) @ own["body.1.weight"].T + own["body.1.bias"])
    np.testing.assert_allclose(told(head), hidden @ own["out.weight"].T + own["out.bias"], rtol=1e-10)


def test_the_context_head_encodes_each_place_alike_and_then_weighs_them():
    head = built("context")
    own = numbers(head)
    encoded = ROWS @ own["encode.1.weight"].T + own["encode.1.bias"] + own["place"]
    mixed = gelu(gelu(encoded).reshape(7, -1) @ own["mix.2.weight"].T + own["mix.2.bias"])
    np.testing.assert_allclose(told(head), mixed @ own["out.weight"].T + own["out.bias"], rtol=1e-10)


@pytest.mark.parametrize("shown", [1, 3])
@pytest.mark.parametrize("name", ON_FEATURES)
def test_an_untrained_head_tells_what_it_was_started_at_whatever_it_is_shown(name, shown):
    head = build_head(name, shown=shown, n_features=WIDTH, n_outputs=GENES)
    start = torch.tensor([1.0, -2.0, 0.0, 9.0])
    start_at(head, start)
    for mode in (True, False):
        found = head.train(mode)(1e3 * torch.randn(6, shown, WIDTH))
        torch.testing.assert_close(found.detach(), start.expand(6, 4), rtol=0, atol=0)


@pytest.mark.parametrize("name", ON_FEATURES)
def test_every_place_and_feature_that_is_shown_can_change_what_is_told(name):
    rows = torch.from_numpy(ROWS).requires_grad_()
    built(name)(rows).sum().backward()
    assert (rows.grad != 0).all()


@pytest.mark.parametrize("name", ON_FEATURES)
def test_every_weight_learns_after_the_first_step(name):
    head = build_head(name, shown=SHOWN, n_features=WIDTH, n_outputs=GENES).double()
    optimiser = torch.optim.SGD(head.parameters(), lr=0.1)
    for _ in range(2):  # the first step only moves the last layer, whose weights start at 0
        optimiser.zero_grad()
        head(torch.from_numpy(ROWS)).square().sum().add(head(torch.from_numpy(ROWS)).sum()).backward()
        optimiser.step()
    for own, value in head.named_parameters():
        assert value.grad.abs().sum() > 0, own


@pytest.mark.parametrize("name", ON_FEATURES)
def test_what_is_told_of_a_spot_does_not_depend_on_the_others(name):
    head = built(name)
    np.testing.assert_allclose(told(head)[2:3], told(head, ROWS[2:3]), rtol=1e-10)


@pytest.mark.parametrize("name", ["", "transformer", "Linear"])
def test_an_unknown_head_is_refused_with_those_that_are_known(name):
    with pytest.raises(UsageError, match="choose linear, mlp, context, fine-tuned"):
        build_head(name, shown=1, n_features=2, n_outputs=2)


@pytest.mark.parametrize("layer", [nn.Identity(), nn.Linear(2, 2, bias=False)])
def test_a_head_without_a_bias_at_its_end_can_not_be_started(layer):
    head = nn.Module()
    head.out = layer
    with pytest.raises(UsageError, match="a linear layer named out, with a bias"):
        start_at(head, torch.zeros(2))
