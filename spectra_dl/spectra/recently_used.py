"""A bounded memory of results, each known by the content it was computed from."""

import hashlib
import json
import threading
from collections import OrderedDict
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

_BYTES_OF_ENTRY = (
    400  # Python's own, for the key, the object around the value and their place in the dictionary
)

Value = TypeVar("Value")


class RecentlyUsed(Generic[Value]):
    """Values by key, of which those used least recently are dropped when they take too many bytes. Threads may share it.

    Parameters
    ----------
    most_bytes
        What it may hold, 0 or more; 0 keeps nothing.

    Attributes
    ----------
    size
        Bytes it holds.

    Examples
    --------
    >>> memory = RecentlyUsed[str](1000)
    >>> for key in (b"first", b"second", b"third"):
    ...     memory.put(key, "value")
    >>> memory.get(b"first"), memory.get(b"third")
    (None, 'value')
    """

    def __init__(self, most_bytes: int) -> None:
        self.size = 0
        self._most_bytes = most_bytes
        self._entries: OrderedDict[bytes, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def has_room(self, size: int, entries: int = 1) -> bool:
        """Return whether values fit, if need be without any other.

        Parameters
        ----------
        size
            Bytes of all of them.
        entries
            How many there are.
        """
        return size + entries * _BYTES_OF_ENTRY <= self._most_bytes

    def get(self, key: bytes) -> Value | None:
        """Return the value of a key, or None."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def put(self, key: bytes, value: Value, size: int = 0) -> None:
        """Keep a value, unless it is too large to be kept at all.

        Parameters
        ----------
        key
            From `content_digest`.
        value
            Nobody may change it from now on.
        size
            Bytes it takes besides those of any entry.
        """
        if not self.has_room(size):
            return
        size += _BYTES_OF_ENTRY
        with self._lock:
            if key in self._entries:
                self.size -= self._entries.pop(key)[1]
            self._entries[key] = value, size
            self.size += size
            while self.size > self._most_bytes:
                self.size -= self._entries.popitem(last=False)[1][1]


def content_digest(text: str, *arrays: NDArray[np.generic]) -> bytes:
    """Return 32 bytes that no other text and arrays have.

    Parameters
    ----------
    text
        Whatever is no array.
    *arrays
        Of any shapes and types of numbers, which count too; their order in memory does not.

    Examples
    --------
    >>> content_digest("steps", np.zeros((2, 3))) == content_digest("steps", np.zeros((3, 2)))
    False
    """
    described = json.dumps([text, [[str(array.dtype), array.shape] for array in arrays]])
    digest = hashlib.sha256(described.encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


def row_digests(text: str, rows: NDArray[np.generic]) -> list[bytes]:
    """Return 32 bytes for each row that no other row, and no row with another text, has.

    Parameters
    ----------
    text
        What else counts.
    rows
        ``(n, p)``.
    """
    key = content_digest(text)
    # Processors compute this one themselves: a third of the time of others.
    return [hashlib.sha256(key + row.tobytes()).digest() for row in rows]
