"""What reports say of spectra: the words, and what only this modality knows."""

from spectra_dl.evaluation.context import ReportContext, Words

SPECTRA_WORDS = Words("spectrum", "spectra")
SPECTRA_CONTEXT = ReportContext(
    words=SPECTRA_WORDS,
    answers={
        "9a": ("partly", "the whole cleaned spectrum; no bands were picked beforehand"),
        "12b": ("partly", "cleaning and scaling fitted on each fold's training patients; see the command"),
    },
    methods=(
        "Spectra were cleaned (range, cosmic rays, baseline, normalisation) by steps whose parameters were fitted on the training patients"
        " of each fold; the command under Provenance names them.",
    ),
    references=(
        "Cross-validation of spectra by patient: Guo, Popp & Bocklitz 2021, Nature Protocols 16:5426, doi 10.1038/s41596-021-00620-3",
    ),
)
