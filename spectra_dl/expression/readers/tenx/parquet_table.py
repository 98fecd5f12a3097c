"""Parquet files of 10x Genomics, read by pyarrow, which comes with the extra ``spatial``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError, SpectraDLError, UsageError
from spectra_dl.expression.readers.tissue_marks import tissue_marks

if TYPE_CHECKING:
    import pyarrow

_MOST_ROWS, _MOST_BYTES = 50_000_000, 8 << 30


def is_pyarrow_there() -> bool:
    """Say whether pyarrow can be imported."""
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


def is_parquet(path: Path) -> bool:
    """Say whether a file is Parquet by its first bytes, or by its name where it can't be opened."""
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return path.suffix == ".parquet"


def parquet_columns(path: Path) -> list[str]:
    """Return the names of a file's columns.

    Raises
    ------
    UsageError
        pyarrow is not installed.
    DataError
        It is damaged.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as err:
        raise _no_pyarrow(path) from err
    try:
        with parquet.ParquetFile(path) as file:
            return [file.metadata.schema.column(at).path for at in range(file.metadata.num_columns)]
    except SpectraDLError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, MemoryError) as err:
        raise _damaged(path, err) from err


def _no_pyarrow(path: Path) -> UsageError:
    return UsageError(
        f"{path.name}: a Parquet file, which pyarrow reads; install it: pip install 'spectra-dl[spatial]'"
    )


def _damaged(path: Path, err: Exception) -> DataError:
    return DataError(
        f"{path.name}: can't be read as Parquet ({' '.join(str(err).split())[:120]}); take a fresh copy"
    )


def read_parquet(
    path: Path, text: str, numbers: Sequence[str], marks: str = ""
) -> tuple[TextArray, FloatArray]:
    """Read a column of texts and columns of numbers.

    Parameters
    ----------
    path
        The file.
    text
        The column of texts; whole numbers and bytes are taken as texts.
    numbers
        The columns of numbers.
    marks
        The one of them that may say TRUE and FALSE as text.

    Returns
    -------
    texts
        ``(n,)``.
    values
        ``(n, k)`` float64; NaN where a value is missing.

    Raises
    ------
    UsageError
        pyarrow is not installed.
    DataError
        It is damaged, a column is missing or of another type, or there are more rows than any section has.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as err:
        raise _no_pyarrow(path) from err
    try:
        with parquet.ParquetFile(path) as file:
            _check_sizes(file.metadata, [text, *numbers], path.name)
            table = file.read(columns=[text, *numbers], use_threads=False)
        names = text_array(map(_as_text, table.column(text).to_pylist()))
        values = [
            _truths(table.column(name), name, path.name)
            if name == marks
            else _numbers(table.column(name), f"{path.name}: {name}")
            for name in numbers
        ]
    except SpectraDLError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, MemoryError) as err:
        raise _damaged(path, err) from err
    return names, np.stack(values, axis=1)


def _check_sizes(metadata: "pyarrow.parquet.FileMetaData", columns: Sequence[str], where: str) -> None:
    names = [metadata.schema.column(at).path for at in range(metadata.num_columns)]
    if missing := [column for column in columns if column not in names]:
        raise DataError(
            f"{where}: no column {', '.join(missing):.120} in it, but {', '.join(names):.160}; write it with these names"
        )
    stored = sum(
        metadata.row_group(group).column(at).total_uncompressed_size
        for group in range(metadata.num_row_groups)
        for at, name in enumerate(names)
        if name in columns
    )
    if metadata.num_rows > _MOST_ROWS or stored > _MOST_BYTES:
        raise DataError(
            f"{where}: {metadata.num_rows:,} rows are more than any section has; is it a file of positions or cells?"
        )


def _as_text(value: object) -> object:
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _truths(column: "pyarrow.ChunkedArray", name: str, where: str) -> FloatArray:
    """Return 1 and 0 of marks that may be text; numbers as they are."""
    values = column.to_pylist()
    if not any(isinstance(value, str | bytes) for value in values):
        return _numbers(column, f"{where}: {name}")
    return tissue_marks([_as_text(value) for value in values], name, where).astype(np.float64)


def _numbers(column: "pyarrow.ChunkedArray", where: str) -> FloatArray:
    import pyarrow

    kind = column.type
    if not (
        pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind) or pyarrow.types.is_boolean(kind)
    ):
        raise DataError(f"{where} holds {kind} and no numbers; write numbers there")
    return np.asarray(column.cast(pyarrow.float64()).to_numpy(), dtype=np.float64)
