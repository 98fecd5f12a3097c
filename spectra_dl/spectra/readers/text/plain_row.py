"""The quick way through the usual row: some columns of text, then nothing but plain numbers."""

import struct
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import orjson

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.readers.text.numbers import NumberFormat


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

    @cached_property
    def _doubles(self) -> struct.Struct:
        return struct.Struct(f"{self.numbers}d")

    def read(self, line: str) -> tuple[list[str], FloatArray] | None:
        """Return the fields of text as they stand and the numbers, each as ``float`` rounds it; None where any is not plain.

        Plain is what JSON takes for a number, which leaves out missing values and "+1".
        """
        *texts, rest = line.split(self.delimiter, self.texts)
        if len(texts) != self.texts or (self.decimal == "," and "." in rest):
            return None
        if self.decimal == ",":
            rest = rest.replace(",", ".")
        try:
            # Packing refuses another count, texts, lists and null, but takes true and false for 1 and 0.
            if "l" in rest or "u" in rest:
                return None
            plain = rest.replace(self.delimiter, ",").encode("ascii")
            values = np.frombuffer(self._doubles.pack(*orjson.loads(b"[" + plain + b"]")))
        except (ValueError, struct.error):
            return None
        return texts, values
