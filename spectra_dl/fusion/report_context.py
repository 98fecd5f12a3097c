"""What reports say of patients as rows: the words, and what only fusion knows."""

from collections.abc import Mapping, Sequence

from spectra_dl.evaluation.context import ReportContext, Words
from spectra_dl.fusion.estimators.model_names import OutcomeKind
from spectra_dl.fusion.readers.stated import StatedBlock

FUSION_WORDS = Words("record", "records")


_WEIGHED: Mapping[OutcomeKind, str] = {
    "classes": "a penalised logistic model",
    "number": "a penalised linear model",
    "survival": "a penalised Cox regression",
}
_SOURCE: Mapping[OutcomeKind, tuple[str, ...]] = {
    "classes": (),
    "number": ("Breiman 1996, Stacked regressions, doi 10.1007/BF00117832",),
    "survival": ("Cox 1972, Regression models and life-tables, doi 10.1111/j.2517-6161.1972.tb00899.x",),
}


def fusion_context(blocks: Sequence[StatedBlock], outcome: OutcomeKind = "classes") -> ReportContext:
    """Return what reports say of patients with these blocks.

    Parameters
    ----------
    blocks
        Which.
    outcome
        What is predicted.
    """
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
            f"training patients they had not seen was weighed by {_WEIGHED[outcome]} with weights that are not negative and an offset for each missing block.",
            "What a block adds is the difference of the score with and without it, on the same folds and the same resampled patients; its share is its Shapley value.",
        ),
        references=(
            *_SOURCE[outcome],
            "Wolpert 1992, Stacked generalization, doi 10.1016/S0893-6080(05)80023-1",
            "Shapley 1953, A value for n-person games, doi 10.1515/9781400881970-018",
        ),
    )
