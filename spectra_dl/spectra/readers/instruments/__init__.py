"""Files as instruments write them: recognised by their content, validated block by block, then read."""

from spectra_dl.spectra.readers.instruments.dispatch import instrument_reader as instrument_reader
from spectra_dl.spectra.readers.instruments.recording import Recording as Recording
from spectra_dl.spectra.readers.instruments.recording import iter_recordings as iter_recordings
