"""Every command: where it stands, and what it is for, so that help imports none of them."""

from spectra_dl_cli.printing.help import Source


def _source(module: str, attribute: str, summary: str) -> Source:
    return Source(f"spectra_dl_cli.commands.{module}", attribute, summary)


TRAIN = {
    "spectra": _source(
        "train_spectra", "train_spectra", "Train a model of spectra and write DIR/model.safetensors."
    ),
    "expression": _source(
        "train_expression",
        "train_expression",
        "Train a model of gene expression on all SECTIONS, a sheet or a dataset, and write DIR/model.safetensors.",
    ),
    "tissue": _source(
        "tissue.train", "train_tissue", "Train a model of tissue images and write DIR/model.safetensors."
    ),
    "fusion": _source(
        "fusion.train",
        "train_fusion",
        "Train a fusion of several blocks of patients' data and write DIR/model.safetensors.",
    ),
}
EVALUATE = {
    "spectra": _source(
        "evaluate_spectra", "evaluate_spectra", "Compare networks with classical models on the same patients."
    ),
    "expression": _source(
        "evaluate_expression",
        "evaluate_expression",
        "Evaluate models of gene expression on left-out patients, beside the noise ceiling and controls without an image.",
    ),
    "tissue": _source(
        "tissue.evaluate",
        "evaluate_tissue",
        "Evaluate models of tissue images by patient, beside what splits by slide and by image would claim.",
    ),
    "fusion": _source(
        "fusion.evaluate",
        "evaluate_fusion",
        "Say what each block of a patient's data adds: spectra, tissue images, clinical columns.",
    ),
}
COMMANDS = {
    "predict": _source(
        "predict",
        "predict",
        "Predict spectra or tissue images with a trained model and print a table per patient, or map a section's expression.",
    ),
    "audit": _source("audit", "audit", "Find what besides biology predicts the class."),
    "baseline": _source(
        "cleaning.baseline", "baseline", "Draw candidate baselines over a few spectra and write one figure."
    ),
    "preprocess": _source(
        "cleaning.preprocess", "preprocess", "Correct spectra and write them with a certificate for each."
    ),
    "calibrate-axis": _source(
        "cleaning.calibrate_axis",
        "calibrate_axis",
        "Find the lines of a measured standard and write the correction that brings the axis to them.",
    ),
    "transfer": _source(
        "cleaning.transfer",
        "transfer",
        "Learn from samples that two instruments measured how the spectra of SLAVE become those of MASTER.",
    ),
    "ceiling": _source(
        "ceiling",
        "ceiling",
        "Print the highest correlation any model could reach with each gene of one section.",
    ),
    "tiles": _source(
        "tiles",
        "tiles",
        "Cut a tile around every usable spot of SECTIONS.csv into HDF5 files of JPEG images.",
    ),
    "score": _source(
        "score", "score", "Score the predictions of any program, and compare them on the same patients."
    ),
    "plan": _source("planning.plan", "plan", "Say how many patients a study of two classes needs."),
    "lock": _source("planning.lock", "lock", "Seal an evaluation of spectra before its outcome is seen."),
    "unlock": _source(
        "planning.lock",
        "unlock",
        "Record another look at a locked test set, which one more evaluation may then take.",
    ),
    "crate": _source(
        "crate",
        "crate",
        "Describe the folder of a run as an RO-Crate: each file, and the command, software and inputs behind it.",
    ),
    "model": _source("model", "model", "Look at model files, and write models for other programs."),
    "simulate": _source(
        "simulation.simulate",
        "simulate",
        "Write simulated serum spectra of patients with and without bone metastasis to DIR/spectra.csv.",
    ),
    "data": _source("data", "data", "List public datasets, show their traps, bring and check their files."),
    "plugins": _source(
        "plugins", "plugins", "List what other packages bring: readers, steps, networks, encoders and models."
    ),
    "serve": _source(
        "serve",
        "serve",
        "Open a page in the browser to drop spectra or a section of tissue on: look at them, predict, audit, evaluate.",
    ),
}
