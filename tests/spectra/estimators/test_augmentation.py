"""Random changes to training spectra do what they say and no more."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import UsageError
from spectra_dl.spectra.estimators.augmentation import Augmentation

NOTHING = {"shift": 0.0, "slope": 0.0, "noise": 0.0, "scale": 0.0, "mixing": 0.0}


def only(name: str, strength: float) -> Augmentation:
    return Augmentation(**{**NOTHING, name: strength})


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def spectra() -> torch.Tensor:
    return torch.randn(12, 200, generator=seeded(1))


@pytest.fixture
def classes() -> torch.Tensor:
    return torch.tensor([0, 1, 2] * 4)


def test_same_generator_gives_same_spectra(spectra: torch.Tensor, classes: torch.Tensor) -> None:
    first, _ = Augmentation()(spectra, classes, seeded(7))
    again, _ = Augmentation()(spectra, classes, seeded(7))
    reseeded, _ = Augmentation()(spectra, classes, seeded(8))
    assert torch.equal(first, again)
    assert not torch.equal(first, reseeded)


def test_global_random_state_is_neither_read_nor_moved(spectra: torch.Tensor, classes: torch.Tensor) -> None:
    before = torch.random.get_rng_state()
    Augmentation()(spectra, classes, seeded())
    assert torch.equal(before, torch.random.get_rng_state())


def test_zero_strengths_change_nothing(spectra: torch.Tensor, classes: torch.Tensor) -> None:
    inputs, targets = Augmentation(**NOTHING)(spectra, classes, seeded())
    assert torch.equal(inputs, spectra)
    assert torch.equal(targets, classes)


@pytest.mark.parametrize("name", [*NOTHING, "all"])
def test_input_is_never_changed_in_place(name: str, spectra: torch.Tensor, classes: torch.Tensor) -> None:
    spectra_before, classes_before = spectra.clone(), classes.clone()
    augmentation = Augmentation() if name == "all" else only(name, 0.5)
    inputs, targets = augmentation(spectra, classes, seeded())
    assert not torch.equal(inputs, spectra_before)
    assert torch.equal(spectra, spectra_before)
    assert torch.equal(classes, classes_before)
    assert torch.equal(targets, classes_before)


@settings(deadline=None)
@given(targets=st.lists(st.integers(0, 4), min_size=1, max_size=40), seed=st.integers(0, 2**32))
def test_mixing_stays_within_class(targets: list[int], seed: int) -> None:
    classes = torch.tensor(targets)
    marked = torch.nn.functional.one_hot(classes, 5).double()  # a spectrum that names its class
    mixed, _ = only("mixing", 1.0)(marked, classes, seeded(seed))
    torch.testing.assert_close(mixed, marked)


@settings(deadline=None)
@given(targets=st.lists(st.integers(0, 2), min_size=1, max_size=20), seed=st.integers(0, 2**32))
def test_mixing_takes_one_other_row_up_to_its_largest_share(targets: list[int], seed: int) -> None:
    classes = torch.tensor(targets)
    rows = torch.eye(len(targets), dtype=torch.float64)  # a spectrum that names its row
    mixed, _ = only("mixing", 0.4)(rows, classes, seeded(seed))
    diagonal = mixed.diagonal()
    assert bool((diagonal >= 0.6 - 1e-12).all())
    torch.testing.assert_close(mixed.sum(1), torch.ones(len(targets), dtype=torch.float64))
    for row, label in enumerate(targets):
        partners = int((mixed[row] > 0).sum()) - 1
        assert partners == (0 if targets.count(label) == 1 else 1)


def test_shift_moves_a_straight_line_by_at_most_its_strength() -> None:
    line = torch.arange(100, dtype=torch.float64).repeat(50, 1)
    shifted, _ = only("shift", 2.5)(line, torch.zeros(50, dtype=torch.long), seeded())
    moved = (shifted - line)[:, 3:-3]  # linear interpolation is exact on a line, away from its ends
    assert bool((moved.abs() <= 2.5 + 1e-9).all())
    assert float(moved.std(dim=1).max()) < 1e-9
    assert float(moved[:, 0].min()) < -1.5
    assert float(moved[:, 0].max()) > 1.5
    assert bool((shifted >= 0).all())
    assert bool((shifted <= 99).all())


@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 30))
    | st.tuples(*[st.integers(1, 5)] * 2, st.integers(1, 30)),
    strength=st.floats(0.1, 100.0),
    seed=st.integers(0, 2**32 - 1),
)
def test_shift_reads_every_point_where_it_lies(shape: tuple[int, ...], strength: float, seed: int) -> None:
    spectra = torch.randn(shape, generator=seeded(seed))
    shifted, _ = only("shift", strength)(spectra, torch.zeros(shape[:-1], dtype=torch.long), seeded(seed))
    points = strength * (torch.rand((*shape[:-1], 1), generator=seeded(seed)) * 2 - 1)
    whole, last = points.floor(), shape[-1] - 1
    left, right = (
        spectra.gather(-1, (torch.arange(last + 1) + whole.long() + further).clamp(0, last))
        for further in (0, 1)
    )
    assert torch.equal(shifted, left.lerp(right, points - whole))


def test_slope_adds_a_line_through_zero_in_the_middle() -> None:
    flat = torch.zeros(50, 101, dtype=torch.float64)
    tilted, _ = only("slope", 0.3)(flat, torch.zeros(50, dtype=torch.long), seeded())
    assert float(tilted.abs().max()) <= 0.3
    assert float(tilted[:, 50].abs().max()) < 1e-12
    assert float(tilted.diff(n=2).abs().max()) < 1e-12


def test_scale_multiplies_each_spectrum_by_one_number(spectra: torch.Tensor, classes: torch.Tensor) -> None:
    scaled, _ = only("scale", 0.2)(spectra, classes, seeded())
    ratio = scaled / spectra
    torch.testing.assert_close(ratio, ratio[:, :1].expand_as(ratio))
    assert float((ratio - 1).abs().max()) <= 0.2 + 1e-5


def test_noise_has_the_strength_asked_for() -> None:
    noisy, _ = only("noise", 0.3)(torch.zeros(200, 500), torch.zeros(200, dtype=torch.long), seeded())
    assert float(noisy.std()) == pytest.approx(0.3, rel=0.01)
    assert float(noisy.mean()) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(
    ("name", "value"),
    [("shift", -1.0), ("mixing", 1.5), ("noise", float("nan")), ("scale", 1.0), ("slope", float("inf"))],
)
def test_strength_out_of_range_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=name):
        only(name, value)


def test_module_does_not_import_torch() -> None:
    code = "import sys, spectra_dl.spectra.estimators.augmentation; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
