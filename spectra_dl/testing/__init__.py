"""What a plugin must keep to, as checks that a package runs in its own tests: each raises AssertionError with a sentence."""

from spectra_dl.testing.encoder import check_encoder
from spectra_dl.testing.model import check_model
from spectra_dl.testing.network import check_network
from spectra_dl.testing.reader import check_reader
from spectra_dl.testing.step import check_step

__all__ = ["check_encoder", "check_model", "check_network", "check_reader", "check_step"]
