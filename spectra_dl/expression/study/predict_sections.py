"""Predict several sections, each into a folder of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.wording import first_few
from spectra_dl.execution.journal import FOLDER
from spectra_dl.execution.run import Execution
from spectra_dl.expression.output.choice import OutputChoice
from spectra_dl.expression.output.exports.registry import check_exports
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.readers import SectionSource
from spectra_dl.expression.section_page.cards import DRAWN_SECTIONS, SectionCard, section_card
from spectra_dl.expression.section_page.page import SectionLine, sections_page
from spectra_dl.expression.study.predict import checked_section, predict_study
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.storage.run_folder import PAGE_NAME, RunResult
from spectra_dl.storage.wording import safe_file_name


@dataclass(frozen=True, eq=False)
class SectionSummary:
    """What is said of a section among several.

    Attributes
    ----------
    folder
        The name of its folder.
    line
        What the page says of every section.
    genes
        How many were predicted.
    card
        What the page shows of the first sections; None of others.
    files
        What was read besides the section's own path.
    notes
        Of reader and model.
    results
        As in the report of a single section.
    """

    folder: str
    line: SectionLine
    genes: int
    card: SectionCard | None
    files: tuple[Path, ...]
    notes: tuple[str, ...]
    results: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class PredictedSections(RunResult):
    """Several sections that were predicted, each into a folder of its own.

    Attributes
    ----------
    predictor
        The model.
    summaries
        One per section, in the order of the input.
    """

    predictor: ExpressionPredictor
    summaries: tuple[SectionSummary, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes on all sections, each sentence once."""
        return tuple(dict.fromkeys(note for summary in self.summaries for note in summary.notes))

    @property
    def report(self) -> dict[str, object]:
        """The model's digest, notes, and the results of each section by its folder, ready for JSON."""
        return {
            "model_sha256": self.predictor.sha256,
            "notes": list(self.notes),
            "results": {"sections": {summary.folder: summary.results for summary in self.summaries}},
        }

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return ``report.html``; ``report`` is the whole report."""
        cards = [summary.card for summary in self.summaries if summary.card is not None]
        lines = [summary.line for summary in self.summaries]
        genes = max(summary.genes for summary in self.summaries)
        return {PAGE_NAME: sections_page(self.predictor, lines, cards, report, genes)}


@dataclass(frozen=True, eq=False)
class _SectionJob:
    """A section to be predicted."""

    predictor: ExpressionPredictor
    source: SectionSource
    folder: Path
    encoders: Sequence[str]
    store: FeatureStore | None
    output: OutputChoice
    title: str
    sections_on_page: int  # 0: without this one
    record_types = ()

    def run(self) -> SectionSummary:
        predicted = predict_study(
            self.predictor,
            self.source,
            self.folder,
            encoders=self.encoders,
            store=self.store,
            output=self.output,
        )
        report, prediction = predicted.report, predicted.prediction
        results, notes = report["results"], report["notes"]
        assert isinstance(results, dict)
        assert isinstance(notes, list)
        return SectionSummary(
            folder=self.folder.name,
            line=predicted.line,
            genes=len(prediction.genes),
            card=section_card(prediction, predicted.drawn, self.sections_on_page)
            if self.sections_on_page
            else None,
            files=tuple(predicted.section.files),
            notes=tuple(notes),
            results=results,
        )


def predict_sections(
    predictor: ExpressionPredictor,
    sources: Sequence[SectionSource],
    folder: Path,
    *,
    encoders: Sequence[str] = (),
    store: FeatureStore | None = None,
    output: OutputChoice | None = None,
    execution: Execution | None = None,
) -> PredictedSections:
    """Predict several sections, each into a folder that has its name; all are read once before the first is predicted.

    Parameters
    ----------
    predictor
        The model.
    sources
        Where the sections lie.
    folder
        An existing folder, for theirs; all machines that work must see it.
    encoders, store, output
        See `predict_study`.
    execution
        Where sections are predicted; in this process if None.

    Raises
    ------
    UsageError
        Two sections have one name, an encoder must be named, or a gene or format that is asked for is not known.
    DataError
        A section can't be read, or its spots do not lie on tissue.
    EnvironmentFault
        A file can't be written.
    """
    names = [safe_file_name(source.stem) for source in sources]
    # As file systems compare that don't know case; a run's own folder is taken.
    known = [FOLDER, *(name.casefold() for name in names)]
    if twice := sorted({name for name in names if known.count(name.casefold()) > 1}):
        raise UsageError(
            f"several sections would be written to {first_few(twice)}; rename all but one, or predict them into other folders"
        )
    output = output or OutputChoice()
    check_exports(output.exports)
    predictor.recipe(encoders)
    for source in sources:
        checked_section(
            predictor, source, output
        )  # a section that can't be read costs nobody the hours of those before it
    jobs = [
        _SectionJob(
            predictor,
            source,
            folder / name,
            encoders,
            store,
            output,
            f"section {name}",
            len(sources) if at < DRAWN_SECTIONS else 0,
        )
        for at, (source, name) in enumerate(zip(sources, names, strict=True))
    ]
    return PredictedSections(predictor, tuple((execution or Execution()).run(jobs)))
