"""What reports say of patients as rows: the words, and what only fusion knows."""

from collections.abc import Sequence

from spectra_dl.evaluation.context import ReportContext, Words
from spectra_dl.fusion.readers.stated import StatedBlock

FUSION_WORDS = Words("record", "records")


def fusion_context(blocks: Sequence[StatedBlock]) -> ReportContext:
    """Return what reports say of patients with these blocks."""
    named = "; ".join(f"{block.name} ({block.kind}, {block.model})" for block in blocks)
    return ReportContext(
        words=FUSION_WORDS,
        answers={
            "11": (
                "reported",
                "no block is imputed: a patient without it gets a learnt offset; missing clinical values are the training median",
            ),
            "12b": (
                "reported",
                "models, encoding, imputation, weights and offsets are fitted on each fold's training patients",
            ),
        },
        methods=(
            f"Each block had a model of its own, fitted on the training patients who have it: {named}. What copies of these models, fitted on inner folds, said of "
            "training patients they had not seen was weighed by a penalised logistic model with weights that are not negative and an offset for each missing block.",
            "What a block adds is the difference of the score with and without it, on the same folds and the same resampled patients; its share is its Shapley value.",
        ),
        references=(
            "Wolpert 1992, Stacked generalization, doi 10.1016/S0893-6080(05)80023-1",
            "Shapley 1953, A value for n-person games, doi 10.1515/9781400881970-018",
        ),
    )
