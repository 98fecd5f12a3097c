"""spectra-dl train expression and evaluate expression: from H&E sections with counts."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

from spectra_dl.expression.losses import LossName
from spectra_dl_cli.options import (
    json_option,
    model_out_option,
    out_option,
    overwrite_option,
    seed_option,
    together,
)
from spectra_dl_cli.output import say, say_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spectra_dl.evaluation.profiles.results import ProfileEvaluation
    from spectra_dl.expression.cohort import ExpressionCohort, PanelTargets
    from spectra_dl.expression.encoders import FeatureRecipe
    from spectra_dl.expression.readers import SectionSource
    from spectra_dl.expression.training import Model

MODELS = ("context", "perceptron", "linear", "ridge", "pls")
_REFERENCE = "ridge, colour and texture"

_sheet = click.argument("sections", type=click.Path(path_type=Path), metavar="SECTIONS.csv")
_model = click.option(
    "--model",
    "name",
    type=click.Choice(MODELS),
    default="ridge",
    show_default=True,
    help="Network or regression.",
)
_loss = click.option(
    "--loss",
    type=click.Choice(get_args(LossName)),
    default="mse",
    show_default=True,
    help="What a network is trained for.",
)
_genes = click.option(
    "--genes",
    type=click.IntRange(min=1),
    default=250,
    show_default=True,
    help="Genes predicted, chosen on training sections.",
)
_by = click.option(
    "--panel",
    type=click.Choice(("variance", "mean")),
    default="variance",
    show_default=True,
    help="How genes are chosen.",
)
_group = click.option(
    "--group",
    type=click.Choice(("patient", "section")),
    default="patient",
    show_default=True,
    help="What is left out; section keeps other sections of a patient in training, and says so.",
)


_study = together(_sheet, _model, _loss, _genes, _by, _group, seed_option)


@click.command("expression")
@_study
@out_option
@overwrite_option
@json_option
def evaluate_expression(
    sections: Path,
    name: str,
    loss: LossName,
    genes: int,
    panel: Literal["variance", "mean"],
    group: Literal["patient", "section"],
    seed: int,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Judge models of gene expression on left-out patients, beside the noise ceiling and controls without an image.

    SECTIONS.csv has columns path, patient and section, and where needed mpp (um per pixel), image and spots.
    """
    from spectra_dl.evaluation.page import report_page
    from spectra_dl.evaluation.profiles.report import profile_report
    from spectra_dl.evaluation.profiles.text import profile_text
    from spectra_dl.expression.readers.sheet import sheet_sources
    from spectra_dl.storage.atomic import write_text
    from spectra_dl.storage.run_folder import check_run_folder, json_text, make_run_folder, write_report
    from spectra_dl_cli.provenance import provenance

    folder = check_run_folder(out, overwrite=overwrite) if out else None
    sources = sheet_sources(sections)
    cohort, _, _, evaluation, _ = _judged(sources, name, loss, genes, panel, group, seed, others=True)
    report = {
        **provenance([sections, *(one.path for one in sources)], seed=seed),
        "options": {
            "model": name,
            "loss": loss,
            "genes": genes,
            "panel": panel,
            "group": group,
            "seed": seed,
        },
        "notes": list(cohort.notes),
        "results": profile_report(evaluation),
    }
    if folder:
        make_run_folder(folder)
        write_report(folder, report)
        write_text(folder / "report.html", report_page(json.loads(json_text(report))))
    if as_json:
        say(json_text(report).rstrip())
        return
    for note in cohort.notes:
        say(f"Note: {note}")
    say()
    say(profile_text(evaluation).rstrip())


@click.command("expression")
@_study
@model_out_option
@overwrite_option
@json_option
def train_expression(
    sections: Path,
    name: str,
    loss: LossName,
    genes: int,
    panel: Literal["variance", "mean"],
    group: Literal["patient", "section"],
    seed: int,
    out: Path,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Train a model of gene expression on all SECTIONS.csv and write DIR/model.safetensors.

    What to expect of each gene is measured first, on left-out patients (or sections, with --group section).
    """
    from spectra_dl.expression.readers.sheet import sheet_sources
    from spectra_dl.expression.training import TrainingRequest, train_predictor
    from spectra_dl.models.card import card_text
    from spectra_dl.storage.run_folder import check_run_folder, json_text, make_run_folder, write_report
    from spectra_dl_cli.provenance import provenance

    folder = check_run_folder(out, overwrite=overwrite)
    sources = sheet_sources(sections)
    origin = provenance([sections, *(one.path for one in sources)], seed=seed)
    cohort, targets, recipe, evaluation, model = _judged(
        sources, name, loss, genes, panel, group, seed, others=False
    )
    say_progress("training on all sections")
    request = TrainingRequest(model, cohort, targets, recipe, sections.resolve().name, seed)
    predictor = train_predictor(request, evaluation)
    make_run_folder(folder)
    sha256 = predictor.save(folder / "model.safetensors")
    report = {
        **origin,
        "model_sha256": sha256,
        "notes": list(cohort.notes),
        "results": predictor.header.model_dump(mode="json"),
    }
    write_report(folder, report)
    told = (
        json_text(report).rstrip()
        if as_json
        else f"Wrote {folder / 'model.safetensors'}\n\n{card_text(predictor.header, sha256)}"
    )
    say(told)


def _judged(
    sources: "Sequence[SectionSource]",
    name: str,
    loss: LossName,
    genes: int,
    panel: Literal["variance", "mean"],
    group: Literal["patient", "section"],
    seed: int,
    *,
    others: bool,
) -> "tuple[ExpressionCohort, PanelTargets, FeatureRecipe, ProfileEvaluation, Model]":
    """Read the sections and judge the model on what is left out; with ``others`` beside the regressions and the leaky claim."""
    from spectra_dl.evaluation.profiles.harness import evaluate_profiles
    from spectra_dl.evaluation.profiles.results import ProfileSettings
    from spectra_dl.expression.classical import RidgeExpression
    from spectra_dl.expression.cohort import PanelTargets, expression_cohort
    from spectra_dl.expression.encoders import FeatureRecipe
    from spectra_dl.expression.genes import PanelSettings
    from spectra_dl.expression.probes import section_findings
    from spectra_dl.expression.readers import read_section
    from spectra_dl.expression.training import build_model

    recipe = FeatureRecipe()
    read = [read_section(source) for source in sources]
    cohort = expression_cohort(read, recipe, say=say_progress)
    targets = PanelTargets(cohort, PanelSettings(genes, panel))
    own = build_model(name, loss=loss, seed=seed)
    title = name if name in ("ridge", "pls") else f"network {name}, {loss}"
    models = {title: own}
    if others:
        models |= {f"{one}, all features": build_model(one) for one in ("ridge", "pls") if one != name}
    # The smallest tile alone, without surroundings: what any model must beat.
    models[_REFERENCE] = RidgeExpression(block=0, surroundings=False)
    spots = cohort.spots
    evaluation = evaluate_profiles(
        models,
        spots,
        targets,
        spots.section,
        spots.patient,
        ProfileSettings(group=group, seed=seed, leaky=others, shuffles=3 if others else 0),
        reference=_REFERENCE,
        position=spots.position_um,
        findings=section_findings(read, cohort, group=group),
        progress=say_progress,
    )
    return cohort, targets, recipe, evaluation, own
