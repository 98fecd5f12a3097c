"""What reports say of images of tissue: the words, and what only this modality knows."""

from collections.abc import Sequence

from spectra_dl.evaluation.context import ReportContext, Words

TISSUE_WORDS = Words("image", "images")


def tissue_context(encoders: Sequence[str]) -> ReportContext:
    """Return what reports say of images that these encoders turned into features."""
    named = " and ".join(encoders)
    return ReportContext(
        words=TISSUE_WORDS,
        answers={
            "9a": ("partly", f"features of whole images by {named}; nothing was picked beforehand"),
            "12b": ("reported", "features are standardised on each fold's training patients"),
        },
        methods=(
            f"Whole images were brought to the size that each encoder takes and turned into features by {named}, whose weights no image of the study "
            "has changed; features were standardised on the training patients of each fold.",
        ),
    )
