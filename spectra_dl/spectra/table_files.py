"""Write a table of spectra to a CSV file that the reader takes back unchanged."""

import csv
import io
import os

import numpy as np

from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.atomic import whole_file


def write_table(path: str | os.PathLike[str], table: SpectraTable) -> None:
    """Write ``table`` as CSV: ids and labels first, then one column per wavenumber; every float64 comes back exactly.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    named = {"patient_id": table.patient, "label": table.label, "batch": table.batch}
    columns = {name: column for name, column in named.items() if column is not None} | dict(table.metadata)
    with whole_file(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["sample_id", *columns, *(repr(float(point)) for point in table.wavenumber)])
        for row in range(len(table)):
            values = ("" if np.isnan(value) else repr(float(value)) for value in table.intensity[row])
            writer.writerow([table.sample_id[row], *(column[row] for column in columns.values()), *values])
        text.detach()
