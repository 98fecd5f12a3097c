"""What a worker does with a piece of work: run it, and send back its result with what it cost."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from spectra_dl.errors import EnvironmentFault
from spectra_dl.execution.available_memory import peak_memory
from spectra_dl.execution.facts import adopt_device, device_choice
from spectra_dl.execution.transport import packed, unpacked

_UNPACKING = threading.Lock()
_latest: "dict[str, SharedWork]" = {}


@dataclass(frozen=True)
class Reply:
    """What comes back from a worker.

    Attributes
    ----------
    result
        Of the work; None where it failed.
    error
        What it raised; None where it went well.
    peak_memory
        Most bytes that the worker ever held.
    """

    result: Any
    error: Exception | None
    peak_memory: int


class SharedWork:
    """A function with what all its items need, turned into objects once in each process.

    Parameters
    ----------
    work
        Takes ``shared`` and an item.
    shared
        What all items need.
    """

    def __init__(self, work: Callable[[Any, Any], Any], shared: object) -> None:
        self._key = uuid.uuid4().hex
        self._content: bytes | None = packed((work, shared, device_choice()))
        self._work: tuple[Callable[[Any, Any], Any], Any] | None = None

    @classmethod
    def of(cls, content: bytes) -> "SharedWork":
        """Return the work whose `content` another process has sent."""
        work = cls.__new__(cls)
        work._key, work._content, work._work = uuid.uuid4().hex, content, None
        return work

    @property
    def content(self) -> bytes:
        """What is sent to a worker; gone once it was turned into objects."""
        assert isinstance(self._content, bytes)
        return self._content

    def reply(self, item: object) -> bytes:
        """Return the packed `Reply` on an item; whatever goes wrong is in it."""
        error, result = None, None
        try:
            work, shared = self._unpacked()
            result = work(shared, item)
        except Exception as err:
            error = _transportable(err)
        return packed(Reply(result, error, peak_memory()))

    def _unpacked(self) -> tuple[Callable[[Any, Any], Any], Any]:
        with _UNPACKING:
            if self._content is not None:
                work, shared, device = unpacked(self._content)
                adopt_device(device)
                self._work, self._content = (work, shared), None
        assert isinstance(self._work, tuple)
        return self._work


def known_work(shared: SharedWork) -> SharedWork:
    """Return the first copy of this work that came to this process; a cluster may bring another one."""
    with _UNPACKING:
        if shared._key not in _latest:
            _latest.clear()
            _latest[shared._key] = shared
        return _latest[shared._key]


def read_reply(content: bytes) -> Reply:
    """Return a worker's reply, or raise what its work raised.

    Raises
    ------
    Exception
        Of the work.
    """
    reply: Reply = unpacked(content)
    if reply.error is not None:
        raise reply.error
    return reply


def _transportable(error: Exception) -> Exception:
    """Return the error, or one that says the same where it can't be sent."""
    try:
        if type(unpacked(packed(error))) is type(error):
            return error
    except Exception:
        pass
    return EnvironmentFault(f"a worker failed ({type(error).__name__}: {str(error)[:300]})")
