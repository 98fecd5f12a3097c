"""Code of other packages, whose errors end as a sentence that names the package."""

import contextlib
from collections.abc import Iterator

from spectra_dl.errors import EnvironmentFault, SpectraDLError
from spectra_dl.plugins.installed import version_of


@contextlib.contextmanager
def foreign_code(
    kind: str, name: str, *, unchanged: type[BaseException] | tuple[type[BaseException], ...] = ()
) -> Iterator[None]:
    """Run a plugin's code in the block; whatever it raises that is no refusal of this program becomes one.

    Parameters
    ----------
    kind
        One of `GROUPS`.
    name
        With ``plugin:`` before it.
    unchanged
        Errors that are left as they are.

    Raises
    ------
    EnvironmentFault
        The code fails.

    Examples
    --------
    >>> with foreign_code("steps", "plugin:lab-clip"):
    ...     1 / 0
    Traceback (most recent call last):
    spectra_dl.errors.EnvironmentFault: plugin:lab-clip of no installed package failed (ZeroDivisionError: division by zero); tell whoever keeps that package
    """
    try:
        yield
    except (SpectraDLError, MemoryError):  # said as they are where all are
        raise
    except Exception as err:  # a foreign package may fail in any way
        if isinstance(err, unchanged):
            raise
        raise EnvironmentFault(
            f"{name} of {version_of(kind, name)} failed ({type(err).__name__}: {err!s:.200}); tell whoever keeps that package"
        ) from err
