"""spectra-dl ceiling: how well any model could predict these counts."""

from pathlib import Path

import click

from spectra_dl_cli.options import json_option, out_option, overwrite_option
from spectra_dl_cli.out_folder import claim_run_folder
from spectra_dl_cli.output import say, table_text

_SHOWN = 20


@click.command()
@click.argument("data", type=click.Path(path_type=Path, readable=False), metavar="FILE")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the N genes with the most counts.")
@out_option
@overwrite_option
@json_option
def ceiling(data: Path, top: int | None, out: Path | None, overwrite: bool, as_json: bool) -> None:
    """Print the highest correlation any model could reach with each gene of one section.

    FILE is an .h5ad with raw counts, or a counts table of legacy Spatial Transcriptomics beside its image and spots.
    """
    import numpy as np

    from spectra_dl.expression.ceiling.noise_ceiling import noise_ceiling
    from spectra_dl.expression.readers import SectionSource, read_section
    from spectra_dl.expression.readers.h5ad import read_h5ad_counts
    from spectra_dl.storage.csv_rows import csv_rows
    from spectra_dl.storage.hdf5_checks import is_hdf5
    from spectra_dl.storage.run_folder import json_text, make_run_folder, write_report
    from spectra_dl_cli.provenance import provenance

    folder = claim_run_folder(out, overwrite=overwrite) if out else None
    origin = provenance([data])
    if is_hdf5(data):
        counts, _, gene = read_h5ad_counts(data)
    else:
        section = read_section(SectionSource(data))
        counts, gene = section.counts, section.gene  # type: ignore[assignment]  # these readers give both
    library = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    empty = int((library <= 0).sum())
    counts, library = counts[library > 0], library[library > 0]
    order = np.argsort(-np.asarray(counts.sum(axis=0)).ravel(), kind="stable")[:top]
    found = noise_ceiling(counts[:, order], library)
    rows = [
        {
            "gene": str(gene[at]),
            "mean_count": float(mean),
            "ceiling": float(value),
            "low": float(low),
            "high": float(high),
        }
        for at, mean, value, low, high in zip(
            order, found.mean_count, found.ceiling, found.low, found.high, strict=True
        )
    ]
    mean = float(np.nanmean(found.ceiling)) if np.isfinite(found.ceiling).any() else float("nan")
    report = {
        **origin,
        "notes": [f"{empty} spots without counts left out"] if empty else [],
        "results": {"spots": len(library), "genes": len(rows), "mean_ceiling": mean, "per_gene": rows},
    }
    if folder:
        make_run_folder(folder)
        with csv_rows(folder / "ceiling.csv") as write:
            write(list(rows[0]))
            for row in rows:
                write(list(row.values()))
        write_report(folder, report)
    if as_json:
        say(json_text(report).rstrip())
        return
    say(
        f"{len(library)} spots, {len(rows)} genes: knowing every spot's true shares, a model reaches a mean correlation of {mean:.3f} with log(1 + counts per 10,000); more takes knowing how deep each spot was counted."
    )
    say()
    cells = [
        [str(row["gene"]), *(f"{row[name]:.3f}" for name in ("mean_count", "ceiling", "low", "high"))]
        for row in rows[:_SHOWN]
    ]
    say(table_text(["gene", "mean count", "ceiling", "low", "high"], cells))
    if len(rows) > _SHOWN:
        say(f"and {len(rows) - _SHOWN} more; --out writes them all to ceiling.csv")
