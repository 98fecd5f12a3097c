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
    """Any refusal by spectra_dl.

    Examples
    --------
    >>> import spectra_dl as sdl
    >>> try:
    ...     sdl.read_spectra("gone.csv")
    ... except sdl.SpectraDLError as error:
    ...     print(error.exit_code, error)
    3 gone.csv: no such file; check the path
    """

    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        """Return the message fit to be shown, whatever names and texts of a foreign file stand in it."""
        message = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in super().__str__())
        # The file stands at the beginning and the remedy at the end.
        return message if len(message) <= _LONGEST else f"{message[: _LONGEST - 201]}…{message[-200:]}"


class UsageError(SpectraDLError, ValueError):
    """A wrong or missing option or argument.

    Examples
    --------
    >>> import spectra_dl as sdl
    >>> sdl.ReadOptions(replicates=0)
    Traceback (most recent call last):
    ...
    spectra_dl.errors.UsageError: replicates is 0; give a whole number of at least 1
    """

    exit_code = 2


class DataError(SpectraDLError, ValueError):
    """An input that can't be used as it is.

    Examples
    --------
    >>> import spectra_dl as sdl
    >>> sdl.SpectraTable([[1.0, 2.0]], [402.0, 400.0], ["S1"])
    Traceback (most recent call last):
    ...
    spectra_dl.errors.DataError: the wavenumbers do not ascend; sort the axis and drop doubled points
    """

    exit_code = 3


class ModelFileError(DataError):
    """A model file or checkpoint that is broken, foreign or does not fit the input.

    Examples
    --------
    >>> import spectra_dl as sdl
    >>> try:
    ...     sdl.load_model("gone.safetensors")
    ... except sdl.ModelFileError as error:
    ...     print(error)
    gone.safetensors: no such file, or not a regular file
    """


class UnsafeError(SpectraDLError, ValueError):
    """An input that could run code or reach other files; nothing of it was executed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import spectra_dl as sdl
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "spectra.csv")
    ...     _ = path.write_bytes(bytes([128, 4, 149]) + b"a pickle by its first bytes")
    ...     try:
    ...         sdl.read_spectra(path)
    ...     except sdl.UnsafeError as error:
    ...         print(error)
    spectra.csv: pickle data, which can run code, is never loaded; give spectra as CSV
    """

    exit_code = 4


class EnvironmentFault(SpectraDLError, OSError):  # noqa: N818 - EnvironmentError is a builtin
    """The machine is in the way: disk, permission, lock, device or memory.

    Examples
    --------
    >>> import spectra_dl as sdl
    >>> from spectra_dl.spectra.table_files import write_table
    >>> table = sdl.SpectraTable([[1.0, 2.0, 3.0]], [400.0, 402.0, 404.0], ["S1"])
    >>> try:
    ...     write_table("gone/spectra.csv", table)
    ... except sdl.EnvironmentFault as error:
    ...     print(error)
    gone/spectra.csv: can't be written (No such file or directory); free space or choose another --out
    """

    exit_code = 5


class TrainingDivergedError(SpectraDLError, ArithmeticError):
    """The training loss is no longer finite.

    Examples
    --------
    >>> import spectra_dl as sdl
    >>> issubclass(sdl.TrainingDivergedError, ArithmeticError), sdl.TrainingDivergedError.exit_code
    (True, 7)
    """

    exit_code = 7


class SpectraDLWarning(UserWarning):
    """Something a user should know although the result stands.

    Examples
    --------
    >>> import warnings
    >>> import spectra_dl as sdl
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", sdl.SpectraDLWarning)
    """
