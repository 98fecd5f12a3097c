"""The contract of a reader."""

import random
from collections.abc import Callable
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.instruments.plugin_reader import checked_reader
from spectra_dl.spectra.readers.instruments.recording import Recording
from spectra_dl.testing.claims import claim


def check_reader(read: Callable[[Path], list[Recording]], path: Path, *, damaged: int = 200) -> None:
    """Check a reader: recordings that are whole, and a DataError, never another failure, of a damaged file.

    Parameters
    ----------
    read
        From a path to recordings.
    path
        A file that it reads.
    damaged
        How many copies with changed, missing or added bytes are read besides.

    Raises
    ------
    AssertionError
        It breaks the contract; the sentence says how.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from spectra_dl.spectra.readers.instruments.bwspec import read_bwspec
    >>> callable(read_bwspec)
    True
    """
    recordings = checked_reader(read, "the reader", "its package")(path)
    claim(sum(map(len, recordings)) > 0, "no spectra")
    generator, content = random.Random(0), path.read_bytes()
    copy = path.with_name(f"damaged_{path.name}")
    try:
        for number in range(damaged):
            copy.write_bytes(_damaged(content, generator))
            _check_damaged(read, copy, number)
    finally:
        copy.unlink(missing_ok=True)


def _check_damaged(read: Callable[[Path], list[Recording]], copy: Path, number: int) -> None:
    try:
        read(copy)
    except DataError:
        return
    except Exception as err:
        raise AssertionError(
            f"damaged copy {number}: {type(err).__name__} ({err!s:.200}); raise spectra_dl.DataError with a sentence"
        ) from err


def _damaged(content: bytes, generator: random.Random) -> bytes:
    at = generator.randrange(max(1, len(content)))
    end = at + generator.randrange(1, 20)
    return generator.choice(
        (
            content[:at],
            content[:at] + content[end:],
            content[:at] + generator.randbytes(end - at) + content[end:],
            content[:at] + content[at:end] * 3 + content[end:],
        )
    )
