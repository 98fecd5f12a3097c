"""What reports say of tissue sections: the words, and what only this modality knows."""

from spectra_dl.evaluation.context import ReportContext, Words

EXPRESSION_WORDS = Words("spot", "spots", "gene")
EXPRESSION_CONTEXT = ReportContext(
    words=EXPRESSION_WORDS,
    methods=(
        "Counts were divided by the spot's library size, brought to 10,000 and log-transformed; genes were chosen on the training sections"
        " of each fold.",
    ),
)
