"""From files to tissue sections, by what they hold and not by their names."""

from spectra_dl.expression.readers.sheet import read_section, read_sections
from spectra_dl.expression.readers.source import SectionSource

__all__ = ["SectionSource", "read_section", "read_sections"]
