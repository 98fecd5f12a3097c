"""spectra-dl train expression and evaluate expression: from H&E sections with counts."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

from spectra_dl.expression.estimators.losses import LossName
from spectra_dl_cli.feature_store import open_store, store_option
from spectra_dl_cli.options import (
    json_option,
    model_out_option,
    out_option,
    overwrite_option,
    seed_option,
    together,
)
from spectra_dl_cli.out_folder import claim_run_folder
from spectra_dl_cli.output import say, say_progress
from spectra_dl_cli.study_sections import StudySections, study_sections

if TYPE_CHECKING:
    from spectra_dl.evaluation.profiles.results import ProfileEvaluation, Regressor
    from spectra_dl.expression.cohort import ExpressionCohort, PanelTargets
    from spectra_dl.expression.estimators.registry import Model
    from spectra_dl.expression.spots import SpotTable
    from spectra_dl.imaging.features.recipe import FeatureRecipe

MODELS = ("context", "mlp", "linear", "fine-tuned", "ridge", "pls")
_REFERENCE = "ridge, colour and texture"

_sheet = click.argument("sections", type=click.Path(path_type=Path, readable=False), metavar="SECTIONS")
_model = click.option(
    "--model",
    "name",
    type=click.Choice(MODELS),
    default="context",
    show_default=True,
    help="Network or regression; fine-tuned trains EfficientNet-Lite0 itself on tiles of the first --tile-um, without --encoder.",
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


_encoders = click.option(
    "--encoder",
    "encoders",
    multiple=True,
    default=("colour-texture", "efficientnet-lite0"),
    show_default=True,
    metavar="NAME",
    help="What turns tiles into numbers; may be given several times: colour-texture, efficientnet-lite0, timm:MODEL, or features:PATH for HDF5 files made elsewhere.",
)
_sizes = click.option(
    "--tile-um",
    "sizes",
    multiple=True,
    type=click.FloatRange(min=1.0, max=10_000.0),
    default=(112.0, 224.0, 448.0),
    show_default=True,
    metavar="SIDE",
    help="Side of the tiles around a spot, in um; may be given several times.",
)


@dataclass(frozen=True)
class _Study:
    """What is trained and judged, as the options say it."""

    model: str
    loss: LossName
    genes: int
    panel: Literal["variance", "mean"]
    group: Literal["patient", "section"]
    encoders: tuple[str, ...]
    tile_um: tuple[float, ...]
    seed: int

    def recipe(self) -> "FeatureRecipe":
        """Return the encoders and tiles; a network that is fine-tuned takes the tiles themselves, of one size."""
        from spectra_dl.expression.estimators.registry import FINE_TUNED
        from spectra_dl.imaging.encoders.registry import RAW_TILES
        from spectra_dl.imaging.features.recipe import FeatureRecipe

        if self.model == FINE_TUNED:
            return FeatureRecipe((RAW_TILES,), self.tile_um[:1])
        return FeatureRecipe(self.encoders, self.tile_um)

    def described(self) -> dict[str, object]:
        """Return the options as a report holds them, lists for tuples."""
        recipe = self.recipe()
        return {**asdict(self), "encoders": list(recipe.encoders), "tile_um": list(recipe.sizes_um)}


_study = together(_sheet, _model, _loss, _genes, _by, _group, _encoders, _sizes, store_option, seed_option)


@click.command("expression")
@_study
@click.option(
    "--hest-exact",
    is_flag=True,
    help="Say as well what HEST-Benchmark's protocol would claim with these features.",
)
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
    encoders: tuple[str, ...],
    sizes: tuple[float, ...],
    store: Path | None,
    seed: int,
    hest_exact: bool,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Judge models of gene expression on left-out patients, beside the noise ceiling and controls without an image.

    SECTIONS is a CSV with columns path, patient and section, and where needed mpp (um per pixel), image and spots; or the name of a
    dataset of tissue (spectra-dl data list).
    """
    from spectra_dl.evaluation.report.page import report_page
    from spectra_dl.evaluation.report.profiles_json import profile_report
    from spectra_dl.evaluation.report.profiles_text import profile_text
    from spectra_dl.expression.hest_comparison import HEST_ESTIMATE, hest_comparison
    from spectra_dl.storage.atomic import write_text
    from spectra_dl.storage.run_folder import json_text, write_report
    from spectra_dl_cli.provenance import provenance

    folder = claim_run_folder(out, overwrite=overwrite) if out else None
    given = study_sections(sections)
    study = _Study(name, loss, genes, panel, group, encoders, sizes, seed)
    found = _judged(given, study, store, folder, others=True)
    cohort, evaluation = found.cohort, found.evaluation
    if hest_exact:
        evaluation = replace(
            evaluation, other_estimates={HEST_ESTIMATE: hest_comparison(cohort, evaluation.folds)}
        )
    report = {
        **provenance(found.files, seed=seed),
        "options": {**study.described(), "hest_exact": hest_exact},
        "notes": list(cohort.notes),
        "results": profile_report(evaluation),
    }
    if folder:
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
    encoders: tuple[str, ...],
    sizes: tuple[float, ...],
    store: Path | None,
    seed: int,
    out: Path,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Train a model of gene expression on all SECTIONS, a sheet or a dataset, and write DIR/model.safetensors.

    What to expect of each gene is measured first, on left-out patients (or sections, with --group section).
    """
    from spectra_dl.expression.training import TrainingRequest, train_predictor
    from spectra_dl.models.card import card_text
    from spectra_dl.storage.run_folder import json_text, write_report
    from spectra_dl_cli.provenance import provenance

    folder = claim_run_folder(out, overwrite=overwrite)
    given = study_sections(sections)
    study = _Study(name, loss, genes, panel, group, encoders, sizes, seed)
    found = _judged(given, study, store, folder, others=False)
    say_progress("training on all sections")
    request = TrainingRequest(found.model, found.cohort, found.targets, found.recipe, given.name, seed)
    predictor = train_predictor(request, found.evaluation)
    sha256 = predictor.save(folder / "model.safetensors")
    report = {
        **provenance(found.files, seed=seed),
        "model_sha256": sha256,
        "notes": list(found.cohort.notes),
        "results": predictor.header.model_dump(mode="json"),
    }
    write_report(folder, report)
    told = (
        json_text(report).rstrip()
        if as_json
        else f"Wrote {folder / 'model.safetensors'}\n\n{card_text(predictor.header, sha256)}"
    )
    say(told)


@dataclass(frozen=True, eq=False)
class _Judged:
    """A judged model: its cohort, targets and recipe, what was found, the unfitted model, and all files that were read."""

    cohort: "ExpressionCohort"
    targets: "PanelTargets"
    recipe: "FeatureRecipe"
    evaluation: "ProfileEvaluation"
    model: "Model"
    files: tuple[Path, ...]


def _models(
    study: _Study, own: "Model", spots: "SpotTable", blocks: tuple[int, ...], *, others: bool
) -> "dict[str, Regressor]":
    """Return the model on its own blocks of features, with ``others`` the regressions on the same, and the reference."""
    from spectra_dl.expression.estimators.closed_form import RidgeExpression
    from spectra_dl.expression.estimators.feature_blocks import SelectedBlocks
    from spectra_dl.expression.estimators.registry import FINE_TUNED, build_model
    from spectra_dl.imaging.encoders.colour_texture import COLOUR_TEXTURE

    colours = tuple(at for at, one in enumerate(spots.blocks) if one.encoder == COLOUR_TEXTURE)
    title = study.model if study.model in ("ridge", "pls") else f"network {study.model}, {study.loss}"
    models: dict[str, Regressor] = {title: SelectedBlocks(own, blocks)}
    if others:
        seen = colours if study.model == FINE_TUNED else blocks
        regressions = [one for one in ("ridge", "pls") if one != study.model]
        models |= {f"{one}, all features": SelectedBlocks(build_model(one), seen) for one in regressions}
    # Colour and texture of the smallest tile alone, without surroundings: what any model must beat.
    smallest = min(colours, key=lambda at: spots.blocks[at].size_um)
    models[_REFERENCE] = SelectedBlocks(RidgeExpression(surroundings=False), (smallest,))
    return models


def _judged(
    given: StudySections,
    study: _Study,
    store: Path | None,
    folder: Path | None,
    *,
    others: bool,
) -> _Judged:
    """Read the sections and judge the model on what is left out; with ``others`` beside the regressions and the leaky claim.

    Overlays of spots on tissue are drawn into ``folder``. The cohort that is returned has the model's own features; for the judgement the reference's stand beside them.
    """
    from spectra_dl.evaluation.profiles.harness import ProfileInputs, SectionRows, evaluate_profiles
    from spectra_dl.evaluation.profiles.results import ProfileSettings
    from spectra_dl.expression.cohort import PanelTargets, expression_cohort
    from spectra_dl.expression.estimators.depth import DEPTH, DepthExpression
    from spectra_dl.expression.estimators.registry import build_model
    from spectra_dl.expression.genes import PanelSettings
    from spectra_dl.expression.probes import section_findings
    from spectra_dl.expression.registration.spots_on_tissue import registered
    from spectra_dl.expression.report_context import EXPRESSION_CONTEXT
    from spectra_dl.imaging.encoders.colour_texture import COLOUR_TEXTURE
    from spectra_dl.storage.run_folder import make_run_folder

    recipe = study.recipe()
    shown = recipe if COLOUR_TEXTURE in recipe.encoders else recipe.with_encoder(COLOUR_TEXTURE)
    read = given.read()
    if folder:
        make_run_folder(folder)
    read = [registered(section, folder) for section in read]
    cohort = expression_cohort(read, shown, store=open_store(store) if store else None, say=say_progress)
    spots = cohort.spots
    targets = PanelTargets(cohort, PanelSettings(study.genes, study.panel))
    blocks = tuple(range(len(spots.blocks) - (len(recipe.sizes_um) if shown is not recipe else 0)))
    own = build_model(study.model, loss=study.loss, seed=study.seed)
    models = _models(study, own, spots, blocks, others=others)
    evaluation = evaluate_profiles(
        models,
        SectionRows(spots, spots.section, spots.patient, spots.position_um),
        targets,
        ProfileSettings(group=study.group, seed=study.seed, leaky=others, shuffles=3 if others else 0),
        ProfileInputs(
            reference=_REFERENCE,
            controls={DEPTH: DepthExpression()} if others else {},
            findings=section_findings(read, cohort, group=study.group),
            context=EXPRESSION_CONTEXT,
        ),
        progress=say_progress,
    )
    own_cohort = replace(cohort, spots=spots.of_blocks(blocks))
    return _Judged(own_cohort, targets, recipe, evaluation, own, tuple(given.files(read)))
