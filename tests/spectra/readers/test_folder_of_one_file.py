"""A folder that holds one table and nothing else is that table."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra

VALUES = [[1.0, 2.0, 3.5] * 8, [4.0, 5.0, 6.0] * 8]
TEXT = "\n".join(
    ",".join(map(str, row))
    for row in (["sample_id", *range(400, 448, 2)], ["a", *VALUES[0]], ["b", *VALUES[1]])
)


def test_a_folder_with_one_file_is_read_as_that_file(tmp_path):
    (tmp_path / "spectra.csv").write_text(TEXT)
    np.testing.assert_array_equal(read_spectra(tmp_path).intensity, VALUES)


def test_a_folder_with_two_files_is_ambiguous(tmp_path):
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text(TEXT)
    with pytest.raises(DataError, match="give a file"):
        read_spectra(tmp_path)
