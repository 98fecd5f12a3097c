"""How help is laid out: options in groups, an example that runs, and summaries that are never cut."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

# By the names of parameters; what stands in none is of the command itself.
GROUPS = {
    "Who is who": (
        "label sample_id patient slide replicates samples batch positive label_per_sample share target time event truth id_column group"
    ),
    "Reading": "level bulk bulk_scale spectra tissue clinical laser_nm calibration intensity_standard certificate master_calibration slave_calibration transfer reader standard measured_standard standard_kind intensity name_pattern least_inside annotations image image_scale mpp pitch bin_um alignment",
    "Cleaning": "crop despike baseline lam negatives normalise step",
    "Models": "model model_path models network also plugins members epochs early_fusion loss encoders genes panel tile_um device fast tune",
    "Evaluation": "folds repeats split_by folds_from no_leaky threshold coverage interval null_refits horizon hest_exact replay protocol_file lock_file hypothesis metric reason",
    "Results": "out licence date name description authors onnx_path maps exports kind store overwrite as_json as_croissant",
    "How it runs": "seed batch_size resume jobs threads scheduler quiet",
}
_OTHER, _GENERAL = "Options", "Help"

_SPECTRA, _TISSUE = "datasets/demo/spectra.csv", "datasets/demo/tissue"
_SHEET, _IMAGES = f"{_TISSUE}/sections.csv", "datasets/demo/images"
_STUDY = "datasets/demo/fusion/study.toml"
#: One for each command, on data that ships with the project.
EXAMPLES = {
    "predict": f"spectra-dl predict {_SPECTRA} --out results",
    "train spectra": f"spectra-dl train spectra {_SPECTRA} --label label --model logistic --out model",
    "train expression": f"spectra-dl train expression {_SHEET} --model ridge --genes 12 --encoder colour-texture --out model",
    "train tissue": f"spectra-dl train tissue {_IMAGES} --members 2 --epochs 5 --out model",
    "train fusion": f"spectra-dl train fusion {_STUDY} --out model",
    "evaluate spectra": f"spectra-dl evaluate spectra {_SPECTRA} --label label --models logistic,pls-da --folds 3 --no-leaky --out run",
    "evaluate expression": f"spectra-dl evaluate expression {_SHEET} --model ridge --genes 12 --encoder colour-texture --folds 2 --out run",
    "evaluate tissue": f"spectra-dl evaluate tissue {_IMAGES} --models logistic --folds 3 --no-leaky --out run",
    "evaluate fusion": f"spectra-dl evaluate fusion {_STUDY} --folds 3 --out run",
    "audit": f"spectra-dl audit {_SPECTRA} --label label",
    "baseline": f"spectra-dl baseline {_SPECTRA} --compare asls,arpls --out baselines.svg",
    "preprocess": f"spectra-dl preprocess {_SPECTRA} --out corrected",
    "calibrate-axis": "spectra-dl calibrate-axis datasets/demo/polystyrene.csv --standard polystyrene",
    "transfer": "spectra-dl transfer datasets/demo/instruments/samples_a.csv datasets/demo/instruments/samples_b.csv",
    "ceiling": f"spectra-dl ceiling {_TISSUE}/SIM5-1.tsv.gz --top 10",
    "tiles": f"spectra-dl tiles {_SHEET} --store features --encoder colour-texture",
    "score": f"spectra-dl score results/predictions.csv --truth {_SPECTRA}",
    "plan": f"spectra-dl plan {_SPECTRA} --label label --out plan",
    "lock": f"spectra-dl lock {_SPECTRA} --label label --models logistic --folds 3 --no-leaky --hypothesis 'AUC above .8' --out protocol.json",
    "unlock": "spectra-dl unlock protocol.json --reason 'the diagnosis of one patient was corrected'",
    "crate": "spectra-dl crate run --license CC-BY-4.0 --date 2026-12-31",
    "model show": "spectra-dl model show",
    "model card": "spectra-dl model card --out CARD.md",
    "model export": "spectra-dl model export model/model.safetensors --onnx model.onnx",
    "simulate": "spectra-dl simulate study --patients 20",
    "data list": "spectra-dl data list",
    "data show": "spectra-dl data show covid_saliva",
    "data fetch": "spectra-dl data fetch covid_serum",
    "data check": "spectra-dl data check datasets/demo",
    "data audit": "spectra-dl data audit simulated_bone_metastasis",
    "plugins": "spectra-dl plugins",
    "serve": "spectra-dl serve",
}

FIRST_STEPS = f"""\
Raman spectra of biofluids and tissue images, evaluated by patient. Research use only, not for diagnosis.

  Predict twelve simulated patients:
    spectra-dl predict {_SPECTRA} --out results

  Ask your own spectra what besides biology predicts their class:
    spectra-dl audit spectra.csv --label COLUMN --patient COLUMN

  Evaluate models by patient, with a page to look at:
    spectra-dl evaluate spectra spectra.csv --label COLUMN --patient COLUMN --out run

Everything else: spectra-dl --help"""


class Command(click.Command):
    """A command whose help has its options in groups, and an example."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, group by group.

        Parameters
        ----------
        ctx
            Of the command.
        formatter
            What is written to.
        """
        group_of = {name: title for title, names in GROUPS.items() for name in names.split()}
        groups: dict[str, list[tuple[str, str]]] = {title: [] for title in (_OTHER, *GROUPS, _GENERAL)}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if record is not None:
                title = _GENERAL if "--help" in option.opts else group_of.get(option.name or "", _OTHER)
                groups[title].append(record)
        for title, records in groups.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, on one line, so that it can be copied.

        Parameters
        ----------
        ctx
            Of the command.
        formatter
            What is written to.
        """
        super().format_epilog(ctx, formatter)
        example = EXAMPLES.get(ctx.command_path.partition(" ")[2])
        if example:
            formatter.write(f"\nExample:\n  {example}\n")


class Group(click.Group):
    """A group of such commands, which are summed up in full."""

    command_class = Command
    group_class = type

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a summary of each command.

        Parameters
        ----------
        ctx
            Of the group.
        formatter
            What is written to.
        """
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.summary(ctx, name)) for name in self.list_commands(ctx)])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they were added.

        Parameters
        ----------
        ctx
            Of the group.
        """
        return list(self.commands)

    def summary(self, ctx: click.Context, name: str) -> str:
        """Return the first sentence of a command's help.

        Parameters
        ----------
        ctx
            Of the group.
        name
            Of the command.
        """
        command = self.get_command(ctx, name)
        return command.get_short_help_str(10_000) if command else ""


@dataclass(frozen=True)
class Source:
    """Where a command stands, and what it is for.

    Attributes
    ----------
    module
        That is imported when the command is asked for.
    attribute
        The command's name in it.
    summary
        The first sentence of its help.
    """

    module: str
    attribute: str
    summary: str


class LazyGroup(Group):
    """A group in which one command does not wait for the imports of the others.

    Parameters
    ----------
    *arguments, **settings
        Of `click.Group`.
    sources
        Its commands by name.
    """

    def __init__(self, *arguments: Any, sources: Mapping[str, Source], **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._sources = dict(sources)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return those that are there already, then the others.

        Parameters
        ----------
        ctx
            Of the group.
        """
        return [*(name for name in self.commands if name not in self._sources), *self._sources]

    def summary(self, ctx: click.Context, name: str) -> str:
        """Return the first sentence of a command's help without importing it.

        Parameters
        ----------
        ctx
            Of the group.
        name
            Of the command.
        """
        source = self._sources.get(name)
        return source.summary if source else super().summary(ctx, name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported now if it was not before.

        Parameters
        ----------
        ctx
            Of the group.
        cmd_name
            Its name.
        """
        source = self._sources.get(cmd_name)
        if source and cmd_name not in self.commands:
            self.add_command(getattr(import_module(source.module), source.attribute), cmd_name)
        return super().get_command(ctx, cmd_name)


class OptionWithAlias(click.Option):
    """An option whose last name is still taken, and no longer shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return what help shows.

        Parameters
        ----------
        ctx
            Of the command.
        """
        record: Any = super().get_help_record(ctx)
        return None if record is None else (record[0].replace(f", {self.opts[-1]}", ""), record[1])
