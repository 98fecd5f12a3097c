"""Probes of spectra: signals other than biology that the audit tries to predict classes from. A new probe is one small class, named in `PROBES`."""

from spectra_dl.arrays import TextArray
from spectra_dl.evaluation.audit import AuditInputs, Probe
from spectra_dl.spectra.probes.detector import Calibration, CosmicRays, Noise, Saturation
from spectra_dl.spectra.probes.table_probe import TableProbe
from spectra_dl.spectra.probes.without_bands import (
    FittedBaseline,
    IntensityLevel,
    RowOrder,
    SilentRegion,
    WavenumberAxis,
)
from spectra_dl.spectra.readers.several_files import ORIGINAL_AXIS_COLUMNS
from spectra_dl.spectra.report_context import SPECTRA_WORDS
from spectra_dl.spectra.table import MEASURED, QUALITY, SpectraTable

__all__ = ["PROBES", "TableProbe", "audit_columns", "spectra_audit_inputs", "spectra_probes"]


PROBES: tuple[TableProbe, ...] = (
    WavenumberAxis(),
    IntensityLevel(),
    FittedBaseline(),
    SilentRegion(),
    Saturation(),
    CosmicRays(),
    Noise(),
    Calibration(),
    RowOrder(),
)


def spectra_probes(table: SpectraTable) -> list[Probe]:
    """Return every probe that this table allows, on raw intensities.

    Parameters
    ----------
    table
        Spectra before any cleaning, without missing values.
    """
    probes = (probe.probe(table) for probe in PROBES)
    return [probe for probe in probes if probe is not None]


def audit_columns(table: SpectraTable) -> dict[str, TextArray]:
    """Return the columns that may identify batches, by name: the batch and every other column that is no id.

    The axis a spectrum came with is a probe of its own.
    """
    batch = {} if table.batch is None else {"batch": table.batch}
    other = {
        name: cells
        for name, cells in table.metadata.items()
        if name not in (*ORIGINAL_AXIS_COLUMNS, MEASURED, QUALITY)
    }
    return {**other, **batch}


def spectra_audit_inputs(table: SpectraTable) -> AuditInputs:
    """Return what besides biology may predict the classes of spectra.

    Parameters
    ----------
    table
        Spectra before any cleaning, without missing values.
    """
    return AuditInputs.of_rows(
        table.intensity, SPECTRA_WORDS, probes=spectra_probes(table), columns=audit_columns(table)
    )
