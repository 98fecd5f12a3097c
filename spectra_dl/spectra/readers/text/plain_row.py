"""The quick way through the usual row: some columns of text, then nothing but plain numbers."""

from dataclasses import dataclass

import numpy as np
import orjson

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.readers.text.numbers import NumberFormat

_NUMBERS = b"0123456789.eE+-,"


@dataclass(frozen=True)
class PlainRow:
    """How a table's rows are laid out if they can be read the quick way.

    Attributes
    ----------
    delimiter
        One character, not a space.
    decimal
        "." or ",".
    texts, numbers
        How many fields of text there are, and of numbers after them.
    """

    delimiter: str
    decimal: str
    texts: int
    numbers: int

    @classmethod
    def of(cls, delimiter: str, spelling: NumberFormat, texts: int, numbers: int) -> "PlainRow | None":
        """Return the layout, or None where rows have to be read field by field.

        Parameters
        ----------
        delimiter
            One character; a space stands for any run of white space.
        spelling
            How the table writes numbers.
        texts, numbers
            How many fields of text there are, and of numbers after them.
        """
        if delimiter == " " or spelling.thousands or delimiter == spelling.decimal:
            return None
        return cls(delimiter, spelling.decimal, texts, numbers)

    def read(self, line: str) -> tuple[list[str], FloatArray] | None:
        """Return the fields of text as they stand and the numbers, each as ``float`` rounds it; None where any is not plain.

        Plain is what JSON takes for a number, which leaves out missing values, blanks and "+1".
        """
        *texts, rest = line.split(self.delimiter, self.texts)
        if len(texts) != self.texts or (self.decimal == "," and "." in rest):
            return None
        if self.decimal == ",":
            rest = rest.replace(",", ".")
        try:
            plain = rest.replace(self.delimiter, ",").encode("ascii")
            # What is left are commas and numbers alone: no list, no text, no name of a value.
            if plain.translate(None, _NUMBERS):
                return None
            values = np.array(orjson.loads(b"[" + plain + b"]"), dtype=np.float64)
        except ValueError:
            return None
        return (texts, values) if values.shape == (self.numbers,) else None
