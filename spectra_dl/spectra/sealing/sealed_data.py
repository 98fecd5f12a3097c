"""The digests of a study of spectra, by which a protocol knows its test patients again without their outcome."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.protocol.sealable import OF_SPECTRA, Sealable, digest_of_cells, digest_of_numbers
from spectra_dl.evaluation.protocol.sealed_plan import SealedData
from spectra_dl.spectra.cohort import required_patients
from spectra_dl.spectra.probes import audit_columns
from spectra_dl.spectra.table import SpectraTable


def sealed_data(table: SpectraTable, *, split_by: str | None = None) -> SealedData:
    """Return the digests of spectra as they were read: nothing of labels, nothing of the file that held them.

    Parameters
    ----------
    table
        Raw spectra with patients.
    split_by
        A column of which one value is left out at a time.

    Raises
    ------
    DataError
        The table does not say whose the spectra are.
    UsageError
        There is no such column.
    """
    patients = [str(name) for name in required_patients(table)]
    samples = [str(name) for name in table.sample_id]
    spectra: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for patient, cells in zip(patients, spectrum_cells(table), strict=True):
        spectra[patient].append(cells)
    return SealedData(
        rows=len(patients),
        axis=digest_of_numbers(table.wavenumber),
        order=digest_of_cells(cell for pair in zip(samples, patients, strict=True) for cell in pair),
        groups=None if split_by is None else digest_of_cells(_column(table, split_by)),
        patients={
            name: digest_of_cells(cell for pair in sorted(pairs) for cell in pair)
            for name, pairs in spectra.items()
        },
    )


def spectrum_cells(table: SpectraTable) -> Iterator[tuple[str, str]]:
    """Yield of each spectrum its id and the digest of its intensities.

    Parameters
    ----------
    table
        Raw spectra.
    """
    for sample, values in zip(table.sample_id, table.intensity, strict=True):
        yield str(sample), digest_of_numbers(values)


def sealable(table: SpectraTable, options: Mapping[str, object]) -> Sealable:
    """Return what a protocol knows of spectra.

    Parameters
    ----------
    table
        Raw spectra with patients, as they will be evaluated; labels may still be missing.
    options
        Of the evaluation: ``split_by``, and those of `outcome_cells`.

    Raises
    ------
    DataError
        The table does not say whose the spectra are.
    UsageError
        There is no such column to split by.
    """
    split_by = options.get("split_by")
    data = sealed_data(table, split_by=None if split_by is None else str(split_by))
    return Sealable(data, tuple(outcome_cells(table, options)), OF_SPECTRA)


def outcome_cells(table: SpectraTable, options: Mapping[str, object]) -> list[str]:
    """Return the outcome row by row, column by column; empty where the table holds none.

    Parameters
    ----------
    table
        As it was read, with or without its labels known as such.
    options
        Of the evaluation: ``label``, ``target``, ``time`` and ``event`` name columns.
    """
    numbers = [str(name) for name in map(options.get, ("target", "time", "event")) if name is not None]
    if numbers:
        return [str(cell) for name in numbers for cell in table.metadata.get(name, ())]
    held = table.label if table.label is not None else table.metadata.get(str(options.get("label")), ())
    return [str(cell) for cell in held]


def _column(table: SpectraTable, name: str) -> list[str]:
    columns = audit_columns(table)
    if name not in columns:
        raise UsageError(
            f"--split-by {name!r:.80}: there is no such column in the data; name one that is there"
        )
    return [str(cell) for cell in columns[name]]
