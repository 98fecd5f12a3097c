"""Clinical columns: one row a patient, numbers, ordered levels and categories, some of them missing."""

from spectra_dl.fusion.clinical.reader import StatedColumn, read_clinical
from spectra_dl.fusion.clinical.table import ClinicalColumn, ClinicalTable

__all__ = ["ClinicalColumn", "ClinicalTable", "StatedColumn", "read_clinical"]
