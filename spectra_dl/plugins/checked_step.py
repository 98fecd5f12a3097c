"""Cleaning steps of other packages: what they make of spectra, and their stored settings, are checked."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, SpectraDLError
from spectra_dl.plugins.foreign import foreign_code
from spectra_dl.plugins.installed import is_plugin_name, version_of

AnyStep = TypeVar("AnyStep")


def fitted_step(step: AnyStep, name: str, intensity: FloatArray, wavenumber: FloatArray) -> AnyStep:
    """Return a step fitted on training rows; that of a plugin must be a step of its own class.

    Parameters
    ----------
    step
        With ``fit``.
    name
        Of the step.
    intensity
        ``(n, p)`` float64, the training rows.
    wavenumber
        ``(p,)`` ascending, in cm⁻¹.

    Raises
    ------
    DataError
        A plugin gives something else, or settings that no file can hold.
    EnvironmentFault
        A plugin fails.
    """
    fit = step.fit  # type: ignore[attr-defined]  # every step has it
    if not is_plugin_name(name):
        fitted: AnyStep = fit(intensity, wavenumber)
        return fitted
    with foreign_code("steps", name):
        fitted = fit(intensity, wavenumber)
    if type(fitted) is not type(step):
        raise DataError(
            f"{name} of {version_of('steps', name)}: fit gave {type(fitted).__name__:.60} and not the step; tell whoever keeps that package"
        )
    own = fields(type(fitted))  # type: ignore[arg-type]  # every step is a dataclass
    _require_settings(own, name, {field.name: getattr(fitted, field.name) for field in own})
    return fitted


def applied_step(step: Any, name: str, intensity: FloatArray, wavenumber: FloatArray) -> Any:
    """Return what a step makes of spectra; a plugin must give as many finite spectra on the same axis.

    Parameters
    ----------
    step
        With ``apply``.
    name
        Of the step.
    intensity
        ``(n, p)`` float64, finite.
    wavenumber
        ``(p,)`` ascending, in cm⁻¹.

    Raises
    ------
    DataError
        A plugin gives something else.
    EnvironmentFault
        A plugin fails.
    """
    if not is_plugin_name(name):
        return step.apply(intensity, wavenumber)
    with foreign_code("steps", name):
        result = step.apply(intensity, wavenumber)
        matrix, axis = np.asarray(result.intensity), np.asarray(result.wavenumber)
        lengths = {len(values) for values in result.remarks.values()}
    if (
        matrix.shape != intensity.shape
        or not np.issubdtype(matrix.dtype, np.floating)
        or not np.array_equal(axis, wavenumber)
    ):
        problem = f"gave {matrix.dtype} spectra of shape {matrix.shape}, and not {intensity.shape} on the axis it was given"
    elif not np.isfinite(matrix).all():
        problem = "gave missing or infinite values"
    elif not lengths <= {len(intensity)}:
        problem = "gave remarks that don't fit the spectra"
    else:
        return result
    raise DataError(
        f"{name} of {version_of('steps', name)} {problem}; leave it out, or tell whoever keeps that package"
    )


def stored_step(kind: type[AnyStep], name: str, settings: Mapping[str, object]) -> AnyStep:
    """Return the step of these settings; those of a plugin must be plain values of the types of its defaults.

    Parameters
    ----------
    kind
        The step's class.
    name
        Of the step.
    settings
        By field; lists as tuples.

    Raises
    ------
    DataError
        A plugin's setting is of another type, or refused by it in any way.
    UsageError
        A setting of another step is refused.
    """
    if not is_plugin_name(name):
        return kind(**settings)
    _require_settings(fields(kind), name, settings)  # type: ignore[arg-type]  # every step is a dataclass
    try:
        return kind(**settings)
    except SpectraDLError:
        raise
    except Exception as err:  # a foreign package may fail in any way
        raise DataError(f"stored step {name}: {type(err).__name__}: {err!s:.200}") from err


def _require_settings(own: "tuple[Field[Any], ...]", name: str, settings: Mapping[str, object]) -> None:
    for field in own:
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        free = default is None or default is MISSING
        value = settings[field.name]
        if not _is_plain(value) or not (free or _is_like(value, default)):
            raise DataError(
                f"step {name}: {field.name} is {value!r:.60}; a setting is a finite number, text, a truth value or a list of them, "
                "of the type of its default"
            )


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int | str)


def _is_like(value: object, default: object) -> bool:
    """Return whether a value has the type of a default; a whole number stands for one that isn't."""
    alike: dict[type, tuple[type, ...]] = {float: (int, float), tuple: (tuple, list), list: (tuple, list)}
    wanted = alike.get(type(default), (type(default),))
    return isinstance(value, wanted) and isinstance(value, bool) == isinstance(default, bool)
