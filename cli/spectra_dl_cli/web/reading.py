"""Read what was dropped, and note what a person should confirm before anything is predicted."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from spectra_dl_cli.options import (
    batch_option,
    bundled_reading,
    data_argument,
    identity_options,
    label_option,
    readers_input,
)
from spectra_dl_cli.web.drops import FACTS_FILE, VIEW_FILE

if TYPE_CHECKING:
    from spectra_dl.spectra.readers import ReadOptions
    from spectra_dl.spectra.table import SpectraTable

VIEWED, _SHOWN = 100, 8
_MOST_VIEWED_VALUES = 2_000_000


@click.command()
@data_argument
@label_option
@identity_options
@batch_option
@click.option("--into", required=True, type=click.Path(path_type=Path))
@bundled_reading
def read(*, data: tuple[Path, ...], reading: "ReadOptions", into: Path) -> None:
    """Write what DATA holds, and its first spectra, to a folder."""
    from spectra_dl.spectra.readers import iter_spectra

    facts, first = _looked_at(iter_spectra(readers_input(data), reading))
    rows = min(VIEWED, len(first), max(1, _MOST_VIEWED_VALUES // first.wavenumber.size))
    np.savez(into / VIEW_FILE, wavenumber=first.wavenumber, intensity=first.intensity[:rows])
    facts["viewed"] = [str(name) for name in first.sample_id[:rows]]
    (into / FACTS_FILE).write_text(json.dumps(facts), encoding="utf-8")


def _looked_at(blocks: "Iterable[SpectraTable]") -> "tuple[dict[str, Any], SpectraTable]":
    spectra, missing = 0, 0
    patients: set[str] = set()
    classes: Counter[str] = Counter()
    first = table = None
    for table in blocks:
        first = first if first is not None else table
        spectra += len(table)
        missing += int((~np.isfinite(table.intensity)).any(axis=1).sum())
        patients.update(map(str, table.patient if table.patient is not None else ()))
        classes.update(map(str, table.label if table.label is not None else ()))
    if first is None or table is None:
        from spectra_dl.errors import DataError

        raise DataError("no spectra in these files; give a table with a spectrum a row or a column")
    axis = first.wavenumber
    return {
        "spectra": spectra,
        "missing": missing,
        "patients": len(patients) if first.patient is not None else None,
        "classes": classes.most_common(12) if first.label is not None else None,
        "more_classes": max(0, len(classes) - 12),
        "points": int(axis.size),
        "low": float(axis[0]),
        "high": float(axis[-1]),
        "step": float(np.median(np.diff(axis))) if axis.size > 1 else 0.0,
        "laser_nm": first.laser_nm,
        "columns": list(first.metadata),
        "notes": list(table.notes),
        "rows": [_row(first, at) for at in range(min(_SHOWN, len(first)))],
    }, first


def _row(table: "SpectraTable", at: int) -> dict[str, str]:
    named = {name: getattr(table, name) for name in ("sample_id", "patient", "label", "batch", "source")}
    row = {name: str(column[at]) for name, column in named.items() if column is not None}
    values = table.intensity[at][np.isfinite(table.intensity[at])]
    return row | {"intensity": f"{values.min():.5g} to {values.max():.5g}" if values.size else "none"}
