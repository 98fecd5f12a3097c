"""Work and results as bytes between the processes of one run.

This is the only module that may turn bytes back into objects of any kind, and the bytes come from a process that this run has started
or, on a cluster, from its scheduler. Nothing that lies in a file is ever given to it.
"""

import pickle
from typing import Any

import cloudpickle


def packed(value: object) -> bytes:
    """Return an object as bytes; classes that a notebook defines go with it."""
    content: bytes = cloudpickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return content


def unpacked(content: bytes) -> Any:
    """Return the object of `packed`.

    Examples
    --------
    >>> unpacked(packed({"fold": 1}))
    {'fold': 1}
    """
    return pickle.loads(content)  # noqa: S301 - from a process of this run
