"""The heads against their formulas worked in NumPy."""

import numpy as np
import pytest
import torch
from scipy.special import erf
from torch import nn

from spectra_dl.errors import UsageError
from spectra_dl.expression.estimators.head_registry import build_head
from spectra_dl.expression.estimators.heads import set_output_bias

N_REGIONS, WIDTH, GENES, HIDDEN = 3, 5, 4, 6
ON_FEATURES = ("linear", "mlp", "context")
ROWS = np.random.default_rng(0).normal(size=(7, N_REGIONS, WIDTH))


def built(name, n_regions=N_REGIONS):
    """Return a head in float64 and evaluation mode whose weights are all drawn."""
    head = (
        build_head(name, n_regions=n_regions, n_features=WIDTH, n_outputs=GENES, hidden=HIDDEN)
        .double()
        .eval()
    )
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in head.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator, dtype=torch.float64))
    return head


def outputs(head, rows=ROWS):
    """Return a head's outputs."""
    with torch.inference_mode():
        return head(torch.from_numpy(rows)).numpy()


def numbers(head):
    """Return a head's weights by name."""
    return {name: value.detach().numpy() for name, value in head.named_parameters()}


def gelu(x):
    """Return x times the share of a normal distribution below x (Hendrycks & Gimpel 2016)."""
    return x * 0.5 * (1 + erf(x / np.sqrt(2)))


def test_the_linear_head_is_one_map_of_all_inputs():
    head = built("linear")
    weights = numbers(head)
    expected = ROWS.reshape(7, -1) @ weights["out.weight"].T + weights["out.bias"]
    np.testing.assert_allclose(outputs(head), expected, rtol=1e-10)


def test_the_mlp_has_one_hidden_layer():
    head = built("mlp")
    weights = numbers(head)
    hidden = gelu(ROWS.reshape(7, -1) @ weights["body.1.weight"].T + weights["body.1.bias"])
    np.testing.assert_allclose(
        outputs(head), hidden @ weights["out.weight"].T + weights["out.bias"], rtol=1e-10
    )


def test_the_context_head_encodes_each_region_alike_and_then_combines_them():
    head = built("context")
    weights = numbers(head)
    encoded = ROWS @ weights["encode.1.weight"].T + weights["encode.1.bias"] + weights["place"]
    mixed = gelu(gelu(encoded).reshape(7, -1) @ weights["mix.2.weight"].T + weights["mix.2.bias"])
    np.testing.assert_allclose(
        outputs(head), mixed @ weights["out.weight"].T + weights["out.bias"], rtol=1e-10
    )


@pytest.mark.parametrize("n_regions", [1, 3])
@pytest.mark.parametrize("name", ON_FEATURES)
def test_an_untrained_head_predicts_its_output_bias_whatever_its_inputs(name, n_regions):
    head = build_head(name, n_regions=n_regions, n_features=WIDTH, n_outputs=GENES)
    start = torch.tensor([1.0, -2.0, 0.0, 9.0])
    set_output_bias(head, start)
    for mode in (True, False):
        output = head.train(mode)(1e3 * torch.randn(6, n_regions, WIDTH))
        torch.testing.assert_close(output.detach(), start.expand(6, 4), rtol=0, atol=0)


@pytest.mark.parametrize("name", ON_FEATURES)
def test_every_input_can_change_the_output(name):
    rows = torch.from_numpy(ROWS).requires_grad_()
    built(name)(rows).sum().backward()
    assert (rows.grad != 0).all()


@pytest.mark.parametrize("name", ON_FEATURES)
def test_every_weight_learns_after_the_first_step(name):
    head = build_head(name, n_regions=N_REGIONS, n_features=WIDTH, n_outputs=GENES).double()
    optimiser = torch.optim.SGD(head.parameters(), lr=0.1)
    for _ in range(2):  # the first step only moves the last layer, whose weights start at 0
        optimiser.zero_grad()
        head(torch.from_numpy(ROWS)).square().sum().add(head(torch.from_numpy(ROWS)).sum()).backward()
        optimiser.step()
    for name_of_weight, value in head.named_parameters():
        assert value.grad.abs().sum() > 0, name_of_weight


@pytest.mark.parametrize("name", ON_FEATURES)
def test_the_output_of_a_spot_does_not_depend_on_other_spots(name):
    head = built(name)
    np.testing.assert_allclose(outputs(head)[2:3], outputs(head, ROWS[2:3]), rtol=1e-10)


@pytest.mark.parametrize("name", ["", "transformer", "Linear"])
def test_an_unknown_head_is_refused_with_those_that_are_known(name):
    with pytest.raises(UsageError, match="choose linear, mlp, context, fine-tuned"):
        build_head(name, n_regions=1, n_features=2, n_outputs=2)


@pytest.mark.parametrize("layer", [nn.Identity(), nn.Linear(2, 2, bias=False)])
def test_a_head_without_a_bias_at_its_end_is_refused(layer):
    head = nn.Module()
    head.out = layer
    with pytest.raises(UsageError, match="a linear layer named out, with a bias"):
        set_output_bias(head, torch.zeros(2))
