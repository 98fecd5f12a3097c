"""What plugins do wrong ends as a sentence that names them, whether they fail or give what they should not."""

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

import spectra_dl as sdl
from spectra_dl.imaging.encoders.encoder import Encoder
from spectra_dl.imaging.encoders.registry import build_encoder
from spectra_dl.plugins import foreign_code
from spectra_dl.plugins.checked_step import applied_step, fitted_step, stored_step
from spectra_dl.spectra.estimators.classical import plugin_models
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.preprocessing.step import Stage, StatelessStep, StepResult
from spectra_dl.spectra.preprocessing.steps import step_from_json
from spectra_dl.spectra.study.cleaning import CleaningSettings

pytestmark = pytest.mark.xdist_group("foreign code")

CLIP, WAVENUMBER = "plugin:lab-clip", np.arange(20.0)
SPECTRA = np.ones((3, 20))


def fails(*_, **__):
    return {}["gone"]


@dataclass(frozen=True)
class Odd(StatelessStep):
    """A step that gives what it is told to."""

    stage: ClassVar[Stage] = Stage.SMOOTH

    number: float = 1.0
    count: int = 2
    flag: bool = True
    text: str = "a"
    many: tuple[float, ...] = (1.0,)
    learnt: object = None
    gives: object = field(default=None, compare=False)

    def __post_init__(self):
        if self.number < 0:
            raise ZeroDivisionError("below 0")

    def fit(self, intensity, wavenumber):
        return self.gives

    def apply(self, intensity, wavenumber):
        return self.gives


def test_a_refusal_and_a_lack_of_memory_are_left_as_they_are():
    for known in (sdl.DataError("a sentence"), MemoryError()):
        with pytest.raises(type(known)), foreign_code("steps", CLIP):
            raise known


def test_whatever_fails_while_it_is_built_names_the_package(with_template, monkeypatch):
    import lab_plugins.encoder
    import lab_plugins.model
    import lab_plugins.network
    import lab_plugins.step

    for module, name in (
        (lab_plugins.step, "Clip"),
        (lab_plugins.network, "LabNet"),
        (lab_plugins.model, "lab_ridge"),
        (lab_plugins.encoder, "lab_colours"),
    ):
        monkeypatch.setattr(module, name, fails)
    builders = {
        CLIP: CleaningSettings(step=(CLIP,)).preprocessing,
        "plugin:lab-net": lambda: build_network("plugin:lab-net", 100, 2),
        "plugin:lab-ridge": lambda: plugin_models(["plugin:lab-ridge"], WAVENUMBER, None, None),
        "plugin:lab-colours": lambda: build_encoder("plugin:lab-colours"),
    }
    for name, build in builders.items():
        with pytest.raises(
            sdl.EnvironmentFault, match=rf"{name} of lab-plugins 0\.1\.0 failed \(KeyError: 'gone'\)"
        ):
            build()


def test_what_is_no_network_or_encoder_is_named(with_template, monkeypatch):
    import lab_plugins.encoder
    import lab_plugins.network

    monkeypatch.setattr(lab_plugins.network, "LabNet", lambda *_: 3)
    monkeypatch.setattr(lab_plugins.encoder, "lab_colours", lambda: 3)
    with pytest.raises(sdl.EnvironmentFault, match="plugin:lab-net gave int and not a torch module"):
        build_network("plugin:lab-net", 100, 2)
    with pytest.raises(sdl.EnvironmentFault, match="plugin:lab-colours gave int and not an Encoder"):
        build_encoder("plugin:lab-colours")


def fitted(name, rows=24):
    """Fit a network or a model of the template on spectra of as many patients."""
    spectra = np.random.default_rng(0).normal(size=(rows, 20))
    label, patient = np.array(["a", "b"] * (rows // 2)), np.array([f"P{number}" for number in range(rows)])
    if name == "plugin:lab-ridge":
        memory, steps = FoldMemory(), sdl.Preprocessing(())
        return (
            plugin_models([name], WAVENUMBER, steps, memory)[name].fit(spectra, label).predict_proba(spectra)
        )
    training = sdl.TrainingSettings(epochs=2, least_steps=1)
    model = sdl.SpectraClassifier(
        WAVENUMBER, sdl.Preprocessing(()), network=name, members=2, training=training
    )
    return model.fit(spectra, label, groups=patient).predict_proba(spectra)


@pytest.mark.parametrize(
    ("name", "part"),
    [("plugin:lab-net", "forward"), ("plugin:lab-ridge", "fit"), ("plugin:lab-ridge", "predict_proba")],
)
def test_what_fails_at_work_names_the_plugin_its_package_and_the_error(
    with_template, monkeypatch, name, part
):
    import lab_plugins.model
    import lab_plugins.network

    broken = type("Broken", (LogisticRegression,), {part: fails})
    monkeypatch.setattr(lab_plugins.model, "lab_ridge", broken)
    monkeypatch.setattr(lab_plugins.network.LabNet, "forward", fails)
    with pytest.raises(
        sdl.EnvironmentFault,
        match=rf"{name} of lab-plugins 0\.1\.0 failed \(KeyError: 'gone'\); tell whoever",
    ):
        fitted(name)


@pytest.mark.parametrize("gives", [np.ones((24, 2)), np.full((24, 2), np.nan), np.ones((24, 1)), np.ones(3)])
def test_probabilities_of_a_model_are_checked(with_template, monkeypatch, gives):
    import lab_plugins.model

    odd = type("Odd", (LogisticRegression,), {"predict_proba": lambda *_: gives})
    monkeypatch.setattr(lab_plugins.model, "lab_ridge", odd)
    with pytest.raises(sdl.DataError, match=r"lab-plugins 0\.1\.0 gave no probability of each of 2 classes"):
        fitted("plugin:lab-ridge")


def test_logits_of_another_shape_are_refused_and_a_lack_of_memory_is_left(with_template, monkeypatch):
    from lab_plugins.network import LabNet

    weights = list(LabNet(20, 2).state_dict())
    network = build_network("plugin:lab-net", 20, 2)
    assert list(network.state_dict()) == weights
    assert isinstance(deepcopy(network), LabNet)
    monkeypatch.setattr(LabNet, "forward", lambda _, spectra: spectra)
    with pytest.raises(
        sdl.DataError, match=r"plugin:lab-net of .* gave logits of shape \(3, 20\) for 3 spectra and 2 cl"
    ):
        network(torch.zeros(3, 20))

    def short(*_):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(LabNet, "forward", short)
    with pytest.raises(torch.OutOfMemoryError):
        network(torch.zeros(3, 20))


@pytest.mark.parametrize(
    "features",
    [np.ones((2, 4)), np.ones(3), np.full((3, 4), np.nan), np.full((3, 4), np.inf)],
    ids=["a row too few", "no rows", "missing", "infinite"],
)
def test_features_that_are_not_a_finite_row_for_each_tile_are_refused(with_template, monkeypatch, features):
    import lab_plugins.encoder

    odd = Encoder("odd", 8, lambda tiles: features[: len(list(tiles))])
    monkeypatch.setattr(lab_plugins.encoder, "lab_colours", lambda: odd)
    encoder = build_encoder("plugin:lab-colours")
    with pytest.raises(sdl.DataError, match=r"plugin:lab-colours of lab-plugins 0\.1\.0 gave features of"):
        encoder.encode([np.zeros((8, 8, 3), np.uint8)] * 3)


@pytest.mark.parametrize(
    ("gives", "problem"),
    [
        (StepResult(SPECTRA[:2], WAVENUMBER), r"gave float64 spectra of shape \(2, 20\)"),
        (StepResult(SPECTRA.astype(int), WAVENUMBER), "gave int64 spectra"),
        (StepResult(SPECTRA, WAVENUMBER + 1), "on the axis it was given"),
        (StepResult(SPECTRA * np.nan, WAVENUMBER), "gave missing or infinite values"),
        (StepResult(SPECTRA, WAVENUMBER, {"a": np.zeros(2)}), "gave remarks that don't fit"),
    ],
    ids=["rows", "whole numbers", "axis", "missing", "remarks"],
)
def test_what_a_step_makes_of_spectra_is_checked(with_template, gives, problem):
    with pytest.raises(sdl.DataError, match=problem):
        applied_step(Odd(gives=gives), CLIP, SPECTRA, WAVENUMBER)


def test_a_step_that_fails_or_gives_none_is_named(with_template):
    with pytest.raises(sdl.EnvironmentFault, match=r"plugin:lab-clip of lab-plugins .* \(AttributeError"):
        applied_step(Odd(), CLIP, SPECTRA, WAVENUMBER)
    with pytest.raises(sdl.DataError, match="fit gave NoneType and not the step"):
        fitted_step(Odd(), CLIP, SPECTRA, WAVENUMBER)
    with pytest.raises(sdl.DataError, match="learnt is array"):
        fitted_step(Odd(gives=Odd(learnt=WAVENUMBER)), CLIP, SPECTRA, WAVENUMBER)
    assert fitted_step(Odd(gives=Odd(learnt=(1.0, 2.0))), CLIP, SPECTRA, WAVENUMBER).learnt == (1.0, 2.0)


def test_a_pipeline_checks_the_steps_of_plugins(with_template, monkeypatch):
    from lab_plugins.step import Clip

    table = sdl.SpectraTable(np.ones((3, 20)), WAVENUMBER + 400, ["S1", "S2", "S3"])
    fitted = sdl.Preprocessing((Clip(),)).fit(table)
    monkeypatch.setattr(Clip, "apply", lambda _, rows, axis: StepResult(rows * np.inf, axis))
    with pytest.raises(sdl.DataError, match=r"plugin:lab-clip of lab-plugins 0\.1\.0 gave missing"):
        fitted.transform(table)
    monkeypatch.setattr(Clip, "fit", fails)
    with pytest.raises(sdl.EnvironmentFault, match="plugin:lab-clip of lab-plugins"):
        sdl.Preprocessing((Clip(),)).fit(table)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", "1"),
        ("number", float("nan")),
        ("number", True),
        ("count", 2.5),
        ("flag", 1),
        ("text", None),
        ("many", 1.0),
        ("many", (1.0, {})),
        ("learnt", {"a": 1}),
        ("number", -1.0),
    ],
)
def test_stored_settings_are_plain_values_of_the_types_of_the_defaults(with_template, name, value):
    usual = vars(Odd())
    assert stored_step(Odd, CLIP, usual) == Odd()
    with pytest.raises(sdl.DataError, match=CLIP):
        stored_step(Odd, CLIP, {**usual, name: value})
    assert stored_step(Odd, CLIP, {**usual, "number": 3, "learnt": (1, "a")}) == replace(
        Odd(), number=3, learnt=(1, "a")
    )


def test_a_damaged_setting_of_a_plugin_in_a_model_is_refused(with_template):
    import lab_plugins.step  # noqa: F401 - as --plugin imports it

    stored = {"step": CLIP, "settings": {"deviations": "6"}, "package": "lab-plugins 0.1.0"}
    with pytest.raises(sdl.DataError, match="step plugin:lab-clip: deviations is '6'"):
        step_from_json(stored)
