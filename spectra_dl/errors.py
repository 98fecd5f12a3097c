"""Every refusal, each with the exit code the command line ends with.

::

    SpectraDLError                 1  (itself never raised)
    ├── UsageError                 2  also ValueError       a wrong or missing option
    ├── DataError                  3  also ValueError       an input that can't be used
    │   └── ModelFileError         3                        a model file that can't be used
    ├── UnsafeError                4  also ValueError       an input that could run code or reach other files
    ├── EnvironmentFault           5  also OSError          disk, permission, lock, device, memory
    └── TrainingDivergedError      7  also ArithmeticError  a loss that is no longer finite

A message is a sentence a lab scientist can act on: what was wrong, where, what to do now.
"""

from typing import ClassVar

_LONGEST = 500


class SpectraDLError(Exception):
    """Any refusal by spectra_dl."""

    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        """Return the message fit to be shown, whatever names and texts of a foreign file stand in it."""
        shown = "".join(one if one.isprintable() else repr(one)[1:-1] for one in super().__str__())
        # The file stands at the beginning and the remedy at the end.
        return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 201]}…{shown[-200:]}"


class UsageError(SpectraDLError, ValueError):
    """A wrong or missing option or argument."""

    exit_code = 2


class DataError(SpectraDLError, ValueError):
    """An input that can't be used as it is."""

    exit_code = 3


class ModelFileError(DataError):
    """A model file or checkpoint that is broken, foreign or does not fit the input."""


class UnsafeError(SpectraDLError, ValueError):
    """An input that could run code or reach other files; nothing of it was executed."""

    exit_code = 4


class EnvironmentFault(SpectraDLError, OSError):
    """The machine is in the way: disk, permission, lock, device or memory."""

    exit_code = 5


class TrainingDivergedError(SpectraDLError, ArithmeticError):
    """The training loss is no longer finite."""

    exit_code = 7


class SpectraDLWarning(UserWarning):
    """Something a user should know although the result stands."""
