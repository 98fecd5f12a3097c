"""The names the command line offers are those of the registry."""

from spectra_dl.spectra.networks import NETWORKS
from spectra_dl.spectra.networks.names import NETWORK_NAMES


def test_every_network_is_named_once_in_the_registrys_order():
    assert tuple(NETWORKS) == NETWORK_NAMES
