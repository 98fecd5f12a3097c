"""spectra-dl train fusion: one model file from several blocks of patients' data."""

from pathlib import Path

import click

from spectra_dl_cli.commands.fusion.study_options import (
    StudyOptions,
    bundled_study,
    fusion_options,
    training_of,
)
from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    device_options,
    execution_options,
)
from spectra_dl_cli.options import open_store
from spectra_dl_cli.output import (
    Output,
    bundled_output,
    json_option,
    model_out_option,
    origin_of,
    overwrite_option,
)
from spectra_dl_cli.printing.help import Command


@click.command("fusion", cls=Command)
@fusion_options
@model_out_option
@overwrite_option
@json_option
@device_options
@execution_options
@bundled_study
@bundled_output
@bundled_execution
def train_fusion(
    *,
    asked: StudyOptions,
    members: int,
    epochs: int | None,
    seed: int,
    store: Path | None,
    output: Output,
    execution: ExecutionOptions,
) -> None:
    """Train a fusion of several blocks of patients' data and write DIR/model.safetensors.

    STUDY is a file in TOML as for evaluate fusion; --spectra, --tissue and --clinical name blocks in the simple case.

    The file holds the model of each block, and how much each counts, learnt from what copies said of patients they had not seen.
    """
    execution.executor("spectra_dl.fusion.study.train", "torch")
    from spectra_dl.evaluation.classes.results import EvaluationSettings
    from spectra_dl.fusion.cohort import read_cohort
    from spectra_dl.fusion.study.settings import FusionStudySettings
    from spectra_dl.fusion.study.train import MODEL_FILE, train_study

    stated, folder = asked.stated(), output.claim()
    assert isinstance(folder, Path)  # --out is required
    result = train_study(
        read_cohort(stated),
        FusionStudySettings(members, training_of(epochs), evaluation=EvaluationSettings(seed=seed)),
        folder=folder,
        store=open_store(store) if store else None,
    )
    output.finish(
        result,
        lambda: origin_of(stated.files, seed=seed),
        lambda: f"Wrote {folder / MODEL_FILE}\n\n{result.text()}",
    )
