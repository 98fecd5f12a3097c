"""Filters as products of bands are torch's convolution, and have its gradient."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from spectra_dl.spectra.networks.banded_filters import filtered_by_bands


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 5),
    members=st.integers(1, 4),
    points=st.integers(1, 60),
    filters=st.integers(1, 4),
    step=st.integers(1, 9),
    seed=st.integers(0, 2**31),
)
def test_they_say_and_learn_what_a_convolution_does(
    rows: int, members: int, points: int, filters: int, step: int, seed: int
) -> None:
    drawn = torch.Generator().manual_seed(seed)
    shapes = (rows, members, points), (members, filters, 2 * step + 1)
    spectra, weight = (torch.randn(shape, generator=drawn, dtype=torch.float64) for shape in shapes)
    flat = weight.flatten(0, 1).unsqueeze(1).requires_grad_()
    expected = functional.conv1d(spectra, flat, stride=step, padding=step, groups=members)
    asked = torch.randn(expected.shape, generator=drawn, dtype=torch.float64)
    expected.backward(asked)
    said = filtered_by_bands(spectra, weight.requires_grad_())
    said.backward(asked.flatten(1))
    torch.testing.assert_close(said, expected.flatten(1))
    torch.testing.assert_close(weight.grad.flatten(0, 1), flat.grad[:, 0])


def test_they_learn_in_single_precision_also_where_products_have_less() -> None:
    spectra, weight = torch.randn(3, 2, 50), torch.randn(2, 4, 11, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        said = filtered_by_bands(spectra, weight)
    said.sum().backward()
    learnt, weight.grad = weight.grad, None
    filtered_by_bands(spectra, weight).sum().backward()
    torch.testing.assert_close(learnt, weight.grad)
