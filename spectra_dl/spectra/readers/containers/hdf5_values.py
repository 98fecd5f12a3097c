"""Values of HDF5 files of other programs: attributes as text, datasets as numbers or texts, each looked at before it is read."""

from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.wording import printable
from spectra_dl.storage.hdf5_checks import check_size, check_text_width

if TYPE_CHECKING:
    import h5py

LONGEST_TEXT = 200
MOST_VALUES = 500_000_000


def attribute_texts(node: "h5py.Group | h5py.Dataset", name: str) -> list[str]:
    """Return an attribute of one or several texts; nothing where it is missing or something else.

    Parameters
    ----------
    node
        A group or dataset.
    name
        Of the attribute.
    """
    value = node.attrs.get(name)
    parts = value.ravel().tolist() if isinstance(value, np.ndarray) else [value]
    texts = [part.decode("utf-8", "replace") if isinstance(part, bytes) else part for part in parts]
    return [" ".join(text.split()) for text in texts if isinstance(text, str)]


def attribute_text(node: "h5py.Group | h5py.Dataset", name: str) -> str:
    """Return an attribute's only text, "" where there is none.

    Parameters
    ----------
    node
        A group or dataset.
    name
        Of the attribute.
    """
    texts = attribute_texts(node, name)
    return texts[0] if len(texts) == 1 else ""


def is_numeric(dataset: "h5py.Dataset") -> bool:
    """Say whether a dataset holds numbers that fit float64."""
    return dataset.dtype.kind in "fiu" and dataset.dtype.itemsize <= 8


def numbers(dataset: "h5py.Dataset", where: str) -> FloatArray:
    """Return a dataset of numbers.

    Parameters
    ----------
    dataset
        Of any shape.
    where
        The file's name, for messages.

    Raises
    ------
    DataError
        No numbers, more claimed than stored, or more than can be read.
    """
    if not is_numeric(dataset) or dataset.ndim < 1:
        raise DataError(
            f"{where}: {printable(str(dataset.name))} has type {dataset.dtype} and shape {dataset.shape}; an array of numbers is needed"
        )
    check_size(dataset, where)
    if dataset.size > MOST_VALUES:
        raise DataError(
            f"{where}: {printable(str(dataset.name))} has {dataset.size:,} values; at most {MOST_VALUES:,} can be read, split the file"
        )
    return np.asarray(dataset[()], dtype=np.float64)


def texts(dataset: "h5py.Dataset", where: str) -> list[str] | None:
    """Return a dataset of texts as they stand, None where it holds something else.

    Parameters
    ----------
    dataset
        Of one dimension, or a single text.
    where
        The file's name, for messages.

    Raises
    ------
    DataError
        More or longer texts claimed than stored, or none in UTF-8.
    """
    import h5py

    if h5py.check_string_dtype(dataset.dtype) is None or dataset.ndim > 1:
        return None
    check_text_width(dataset, printable(str(dataset.name)), where)
    check_size(dataset, where)
    values = dataset[()]
    parts = values.tolist() if isinstance(values, np.ndarray) else [values]
    try:
        return [part.decode("utf-8") if isinstance(part, bytes) else str(part) for part in parts]
    except UnicodeDecodeError as err:
        raise DataError(
            f"{where}: {printable(str(dataset.name))} is not UTF-8; write the file again"
        ) from err


def one_text(group: "h5py.Group", name: str, where: str) -> str:
    """Return the only text of a dataset in a group, "" where there is none.

    Parameters
    ----------
    group
        Which may hold it.
    name
        Of the dataset.
    where
        The file's name, for messages.
    """
    import h5py

    node = group.get(name)
    found = texts(node, where) if isinstance(node, h5py.Dataset) else None
    return " ".join(found[0].split())[:LONGEST_TEXT] if found and len(found) == 1 else ""
