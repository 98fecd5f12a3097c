"""Public data by name, with licence, citation and the traps that are known, and the model that ships with spectra-dl."""

from spectra_dl_datasets.registry import dataset_card, dataset_names, load

__all__ = ["dataset_card", "dataset_names", "load"]
