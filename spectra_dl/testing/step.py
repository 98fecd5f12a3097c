"""The contract of a preprocessing step."""

import json
from dataclasses import fields, is_dataclass

import numpy as np

from spectra_dl.spectra.preprocessing.step import Stage, Step
from spectra_dl.testing.claims import claim


def check_step(step: Step) -> None:
    """Check a preprocessing step: settings that can be stored, an input that stays, rows apart from one another.

    Parameters
    ----------
    step
        With settings of its own or the default ones.

    Raises
    ------
    AssertionError
        It breaks the contract; the sentence says how.

    Examples
    --------
    >>> from spectra_dl.spectra.preprocessing.steps import Smooth
    >>> check_step(Smooth())
    """
    claim(is_dataclass(step), "a step is a frozen dataclass: its fields are its settings")
    claim(isinstance(type(step).stage, Stage), "a step has a stage, one of Stage")
    claim(type(step).stage is not Stage.AXIS, "a plugin's step can't change the axis: take a later stage")
    settings = {field.name: getattr(step, field.name) for field in fields(step)}  # type: ignore[arg-type]
    json.dumps(settings)
    rows, axis = (
        1000 + np.random.default_rng(0).normal(scale=30.0, size=(6, 200)),
        np.linspace(400, 1800, 200),
    )
    before = rows.copy()
    fitted = step.fit(rows, axis)
    together = fitted.apply(rows, axis)
    claim(np.array_equal(rows, before), "the spectra that were given are changed")
    claim(
        together.intensity.shape == rows.shape,
        f"spectra are {together.intensity.shape} after it, not {rows.shape}",
    )
    claim(np.array_equal(together.wavenumber, axis), "the axis is changed")
    claim(bool(np.isfinite(together.intensity).all()), "intensities are not finite")
    claim(
        all(len(remark) == len(rows) for remark in together.remarks.values()),
        "remarks are not one a spectrum",
    )
    for number in range(len(rows)):
        alone = fitted.apply(rows[number : number + 1], axis).intensity[0]
        claim(
            np.allclose(alone, together.intensity[number], rtol=1e-9), "a spectrum depends on those beside it"
        )
