"""Every format that can be asked for is written by somebody."""

from spectra_dl.expression.output.exports.formats import EXPORTS
from spectra_dl.expression.output.exports.registry import WRITERS


def test_each_name_has_a_writer_and_each_writer_a_name():
    assert tuple(WRITERS) == EXPORTS
