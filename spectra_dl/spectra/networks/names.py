"""The names of the networks, for choices that must not load torch; `spectra_dl.spectra.networks.NETWORKS` holds the same."""

NETWORK_NAMES = ("compact", "lenet5", "deepcnn", "resnet")
