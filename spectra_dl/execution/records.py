"""A job's outcome as JSON and arrays, and back to the same bits; no type is made that the job doesn't name."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from spectra_dl.errors import ModelFileError, UsageError

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Record:
    """An outcome, ready for a sealed file.

    Attributes
    ----------
    content
        JSON values.
    arrays
        What the content names by number.
    """

    content: object
    arrays: dict[str, np.ndarray]


def recorded(outcome: object, types: Sequence[type]) -> Record:
    """Return an outcome as JSON and arrays.

    Parameters
    ----------
    outcome
        Made of None, truth values, numbers, texts, lists, tuples, mappings with texts as keys, arrays and ``types``.
    types
        Dataclasses that may stand in it.

    Raises
    ------
    UsageError
        Something else stands in it.

    Examples
    --------
    >>> record = recorded((1.5, np.array([1, 2])), ())
    >>> record.content
    {'tuple': [1.5, {'array': '0'}]}
    >>> restored(record, ())
    (1.5, array([1, 2]))
    """
    arrays: dict[str, np.ndarray] = {}
    return Record(_Writer(tuple(types), arrays).content(outcome), arrays)


def restored(record: Record, types: Sequence[type]) -> Any:
    """Return the outcome of a record.

    Parameters
    ----------
    record
        From `recorded`, or read from a file.
    types
        Dataclasses that may stand in it.

    Raises
    ------
    ModelFileError
        It is no such record.
    """
    try:
        return _Reader({kind.__name__: kind for kind in types}, record.arrays).value(record.content)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as err:
        raise ModelFileError(f"not the record of a finished job ({type(err).__name__}: {err})") from err


@dataclass(frozen=True)
class _Writer:
    types: tuple[type, ...]
    arrays: dict[str, np.ndarray]

    def content(self, value: object) -> object:
        if value is None or isinstance(value, str) or type(value) in (bool, int):
            return str(value) if isinstance(value, str) else value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": str(value)}
        if isinstance(value, np.ndarray | np.generic):
            return self._array(value)
        return self._group(value)

    def _array(self, value: "np.ndarray | np.generic") -> dict[str, object]:
        if isinstance(value, np.ndarray) and value.dtype.kind in "OU":
            texts = [_text(one) for one in value.ravel()]
            return {"texts": texts, "shape": list(value.shape), "type": str(value.dtype)}
        name = str(len(self.arrays))
        self.arrays[name] = np.asarray(value)
        return {"array" if isinstance(value, np.ndarray) else "number": name}

    def _group(self, value: object) -> dict[str, object]:
        if isinstance(value, tuple | list):
            return {type(value).__name__: [self.content(one) for one in value]}
        if isinstance(value, Mapping):
            return {"mapping": [[_text(key), self.content(one)] for key, one in value.items()]}
        if is_dataclass(value) and type(value) in self.types:
            named = {one.name: self.content(getattr(value, one.name)) for one in fields(value)}
            return {"record": type(value).__name__, "fields": named}
        raise UsageError(
            f"{type(value).__name__} can't be kept in the journal of a run; leave the journal out, or return numbers, texts and arrays"
        )


@dataclass(frozen=True)
class _Reader:
    types: Mapping[str, type]
    arrays: Arrays

    def value(self, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        if "record" in content:
            named = {key: self.value(one) for key, one in content["fields"].items()}
            return self.types[content["record"]](**named)
        if "texts" in content:
            kind = content["type"] if content["type"].startswith("<U") else object
            return np.array(content["texts"], dtype=kind).reshape(content["shape"])
        ((kind, value),) = content.items()
        read: dict[str, Callable[[Any], Any]] = {
            "float": float,
            "array": lambda name: self.arrays[name].copy(),
            "number": lambda name: self.arrays[name][()],
            "tuple": lambda values: tuple(self.value(one) for one in values),
            "list": lambda values: [self.value(one) for one in values],
            "mapping": lambda pairs: {key: self.value(one) for key, one in pairs},
        }
        return read[kind](value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(
            f"{type(value).__name__} stands where a journal keeps texts; give names and classes as text"
        )
    return str(value)
