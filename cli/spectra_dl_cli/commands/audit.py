"""spectra-dl audit: what besides biology tells the classes apart, before any model is trained."""

from pathlib import Path

import click

from spectra_dl_cli.options import (
    data_argument,
    identity_options,
    json_option,
    out_option,
    overwrite_option,
    seed_option,
)
from spectra_dl_cli.out_folder import claim_run_folder
from spectra_dl_cli.output import say
from spectra_dl_cli.study_data import study_data


@click.command()
@data_argument
@click.option("--label", metavar="COLUMN", help="Column of the classes.")
@identity_options
@click.option("--batch", metavar="COLUMN", help="Column of the session, batch or instrument.")
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Parts the patients are dealt into.",
)
@seed_option
@out_option
@overwrite_option
@json_option
def audit(
    data: tuple[Path, ...],
    label: str | None,
    sample_id: str | None,
    patient: str | None,
    replicates: int | None,
    samples: Path | None,
    batch: str | None,
    folds: int,
    seed: int,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Find what besides biology tells the classes apart.

    DATA is a file, several, a folder, or the name of a dataset (spectra-dl data list).

    Each probe is judged like a model on patients it never saw: the wavenumber axis, the level, a region without bands, the
    noise, each other column of the table. Copies, replicates under several ids and persons in several classes are named.
    """
    from spectra_dl.evaluation.audit.audit_report import audit_json, audit_text
    from spectra_dl.spectra.probes.study import audit_study
    from spectra_dl.storage.run_folder import json_text, make_run_folder, write_report
    from spectra_dl_cli.provenance import provenance

    folder = claim_run_folder(out, overwrite=overwrite) if out else None
    study = study_data(data)
    table = study.read(
        sample_id=sample_id,
        patient=patient,
        replicates=replicates,
        samples=samples,
        label=label,
        batch=batch,
    )
    audited = audit_study(table, folds=folds, seed=seed)
    report = {
        **provenance(study.inputs(samples), seed=seed),
        "notes": list(audited.cohort.notes),
        "refused": list(audited.cohort.refused),
        "results": {"audit": audit_json(audited.audit)},
    }
    if folder:
        make_run_folder(folder)
        write_report(folder, report)
    if as_json:
        say(json_text(report).rstrip())
        return
    say(audit_text(audited.audit))
    n_patients, n_spectra = len(set(audited.cohort.patient)), len(audited.cohort.label)
    say()
    say(f"{n_patients} patients, {n_spectra} spectra. Research use only, not for diagnosis.")
    for note in audited.cohort.notes:
        say(f"Note: {note}")
