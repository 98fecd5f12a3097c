"""Mistakes in reading, correcting, storing and deciding: baselines, text, files, checkpoints, genes, ceilings, tissue, answers, cells."""

from mutant import Mutant

_WHITTAKER = ("spectra/baseline/test_whittaker.py",)
_METHODS = ("spectra/baseline/test_methods.py",)
_SMOOTHING = ("spectra/baseline/test_smoothing.py",)
_RAYS = ("spectra/preprocessing/test_cosmic_rays.py",)
_TABLES = ("spectra/readers/test_faults_of_tables.py",)
_SEALED = ("storage/test_sealed.py",)
_RESUME = (
    "training/test_resume.py::test_resuming_another_training_lists_each_difference",
    "training/test_resume.py::test_resuming_with_other_targets_of_the_same_rows_is_refused",
    "training/test_resume.py::test_a_stopped_training_goes_on_to_the_same_bits",
)
_ENSEMBLE = ("classification/test_ensemble.py",)
_GENES = ("expression/test_genes.py",)
_CEILING = ("expression/ceiling/test_noise_ceiling.py",)
_REGISTRATION = ("expression/registration/test_spots_on_tissue.py",)
_DECISION = ("classification/test_decision.py",)
_CELLS = ("storage/text/test_csv_rows.py",)

MUTANTS = (
    # baselines
    Mutant(
        "points above the baseline weigh 1 - p",
        "spectra/baseline/algorithms.py",
        "(intensity > solution).select(self.above, self.below)",
        "(intensity > solution).select(self.below, self.above)",
        _WHITTAKER,
    ),
    Mutant(
        "arpls is shifted the other way",
        "spectra/baseline/algorithms.py",
        "2.0 / deviation)\n        self.put_states(SHIFT, 2.0 * deviation - mean)",
        "2.0 / deviation)\n        self.put_states(SHIFT, 2.0 * deviation + mean)",
        _WHITTAKER,
    ),
    Mutant(
        "the deviation divides by n",
        "spectra/baseline/algorithms.py",
        "(self.count.get() - 1.0)",
        "self.count.get()",
        _WHITTAKER,
    ),
    Mutant(
        "airpls weighs points above the baseline",
        "spectra/baseline/algorithms.py",
        "(residual < 0.0).select((self.scale * residual).exponential(), 0.0)",
        "(residual > 0.0).select((self.scale * residual).exponential(), 0.0)",
        _WHITTAKER,
    ),
    Mutant(
        "iasls weighs by the weights, not by their squares",
        "spectra/baseline/algorithms.py",
        "return weight * weight\n",
        "return weight\n",
        _WHITTAKER,
    ),
    Mutant(
        "points above the baseline are called below it",
        "spectra/baseline/certificate.py",
        "intensity[rows] < baseline[rows]",
        "intensity[rows] > baseline[rows]",
        _METHODS,
    ),
    Mutant(
        "the V-curve weighs points above the baseline by 1 - p",
        "spectra/baseline/smoothing.py",
        "np.where(residual > 0, p, 1 - p)",
        "np.where(residual > 0, 1 - p, p)",
        _SMOOTHING,
    ),
    Mutant(
        "the V-curve takes the beginning of the flattest step",
        "spectra/baseline/smoothing.py",
        "moved.argmin(axis=0) + 1",
        "moved.argmin(axis=0)",
        _SMOOTHING,
    ),
    Mutant(
        "the roughness is not squared",
        "spectra/baseline/smoothing.py",
        "fitted.certificate.roughness**2",
        "fitted.certificate.roughness",
        _SMOOTHING,
    ),
    Mutant(
        "a step is a ray",
        "spectra/preprocessing/cosmic_rays.py",
        "symmetry=0.2",
        "symmetry=0.0",
        _RAYS,
    ),
    Mutant(
        "bands are rays",
        "spectra/preprocessing/cosmic_rays.py",
        "misfit_of_wide=0.0",
        "misfit_of_wide=-1e9",
        ("spectra/preprocessing/test_despike.py",),
    ),
    # text
    Mutant(
        "the first mark of a number is the decimal one",
        "spectra/readers/text/numbers.py",
        "self.decimal.setdefault(marks[-1], token)\n            self.thousands.setdefault(marks[0], token)",
        "self.decimal.setdefault(marks[0], token)\n            self.thousands.setdefault(marks[-1], token)",
        _TABLES,
    ),
    Mutant(
        "a missing value is zero",
        "spectra/readers/text/numbers.py",
        'return float("nan")',
        "return 0.0",
        _TABLES,
    ),
    Mutant(
        "1.234 beside 956 is a decimal",
        "spectra/readers/text/numbers.py",
        "marks.ambiguous_count >= SUSPICIOUS_COUNT and marks.short_integer",
        "marks.ambiguous_count < SUSPICIOUS_COUNT and marks.short_integer",
        _TABLES,
    ),
    Mutant(
        "a falling axis is not turned round",
        "spectra/readers/text/wide.py",
        "if axis.notes:\n            intensity = intensity[:, axis.order]",
        "if not axis.notes:\n            intensity = intensity[:, axis.order]",
        _TABLES,
    ),
    Mutant(
        "the weaker axis decides how a table lies",
        "spectra/readers/text/orientation.py",
        "return Orientation.ROWS if across > down else",
        "return Orientation.ROWS if across < down else",
        ("spectra/readers/text/test_orientation.py",),
    ),
    Mutant(
        "rows of text count as numbers",
        "spectra/readers/text/dialect.py",
        "if len(fields) > 1 and looks_numeric(field):",
        "if len(fields) > 1 and not looks_numeric(field):",
        _TABLES,
    ),
    # sealed files and checkpoints
    Mutant(
        "the seal covers the header alone",
        "storage/sealed.py",
        "digested.update(memoryview(content)[end:])",
        "digested.update(memoryview(content)[:0])",
        _SEALED,
    ),
    Mutant(
        "another kind of sealed file is read",
        "storage/sealed.py",
        "or kind not in metadata or",
        "or not metadata or",
        _SEALED,
    ),
    Mutant(
        "tensors of another size than declared",
        "storage/sealed.py",
        "if declared != size:",
        "if declared > size + (1 << 40):",
        _SEALED,
    ),
    Mutant(
        "targets are not part of a checkpoint's identity",
        "training/batches.py",
        '{"inputs": self.inputs, "targets": self.targets, "weight": self.weight}',
        '{"inputs": self.inputs, "weight": self.weight}',
        _RESUME,
    ),
    Mutant(
        "validation rows are not part of a checkpoint's identity",
        "training/checkpoint.py",
        "(valid.fingerprint() if valid else {})",
        "(train.fingerprint() if valid else {})",
        _RESUME,
    ),
    Mutant(
        "the augmentation is not part of a checkpoint's identity",
        "training/checkpoint.py",
        '"augmentation": _described(augment)',
        '"augmentation": _described(None)',
        _RESUME,
    ),
    Mutant(
        "the losses of an epoch under way are lost",
        "training/checkpoint.py",
        "state.loss_sum = description.loss_sum",
        "state.loss_sum = 0.0",
        _RESUME,
    ),
    Mutant(
        "all members begin with the same weights",
        "classification/members.py",
        "[self.seed + number for number",
        "[self.seed for number",
        _ENSEMBLE,
    ),
    Mutant(
        "members predict the rows they learnt from",
        "classification/members.py",
        "self.data.rows[fold.test])",
        "self.data.rows[fold.train[: len(fold.test)]])",
        _ENSEMBLE,
    ),
    # genes
    Mutant(
        "an Ensembl id keeps its version",
        "expression/genes.py",
        "return match.group(1) if match else gene",
        "return match.group(0) if match else gene",
        _GENES,
    ),
    Mutant(
        "half the genes are not enough",
        "expression/genes.py",
        "len(common) < max(1, _FEWEST_SHARED * fewest)",
        "len(common) <= max(1, _FEWEST_SHARED * fewest)",
        _GENES,
    ),
    Mutant(
        "the panel is of mean squares, not of variances",
        "expression/genes.py",
        ".mean(axis=0)).ravel() - mean**2",
        ".mean(axis=0)).ravel()",
        _GENES,
    ),
    Mutant(
        "counts are multiplied by the library size",
        "expression/genes.py",
        "np.log1p(dense * (PER / library)[:, None])",
        "np.log1p(dense * (library / PER)[:, None])",
        _GENES,
    ),
    Mutant(
        "genes nobody saw are in the panel",
        "expression/genes.py",
        "best[score[best] > 0]",
        "best[score[best] >= 0]",
        _GENES,
    ),
    # the noise ceiling
    Mutant(
        "the ceiling's covariance is not centred",
        "expression/ceiling/counts.py",
        "(product - expected * value) / scale",
        "product / scale",
        _CEILING,
    ),
    Mutant(
        "the ceiling's interval leaves out the spots' number",
        "expression/ceiling/noise_ceiling.py",
        "* (1 - mean**2) / np.sqrt(n)",
        "* (1 - mean**2)",
        _CEILING,
    ),
    Mutant(
        "the prior of shapes is even",
        "expression/ceiling/noise_ceiling.py",
        "prior = (share.sum(axis=0) + _EVEN_GENES * even) / (len(share) + _EVEN_GENES)",
        "prior = even",
        _CEILING,
    ),
    Mutant(
        "the density forgets the library size",
        "expression/ceiling/counts.py",
        "density -= (self.share * self.library)[:, None] * grid",
        "density -= (self.share * self.library.mean())[:, None] * grid",
        _CEILING,
    ),
    # tissue
    Mutant(
        "clockwise is called anticlockwise",
        "expression/registration/spots_on_tissue.py",
        "[width - at[:, 1], at[:, 0]], axis=1",
        "[at[:, 1], height - at[:, 0]], axis=1",
        _REGISTRATION,
    ),
    Mutant(
        "left to right is called top to bottom",
        "expression/registration/spots_on_tissue.py",
        '"mirrored left to right": lambda at, width, height: np.stack([width - at[:, 0], at[:, 1]], axis=1)',
        '"mirrored left to right": lambda at, width, height: np.stack([at[:, 0], height - at[:, 1]], axis=1)',
        _REGISTRATION,
    ),
    Mutant(
        "spots beside the tissue pass",
        "expression/registration/spots_on_tissue.py",
        "_LOWEST_SHARE = 0.4",
        "_LOWEST_SHARE = 0.0",
        _REGISTRATION,
    ),
    Mutant(
        "an arrangement is better by its share alone",
        "expression/registration/spots_on_tissue.py",
        "current.share + _BETTER_SHARE and fit.overlap >= current.overlap + _BETTER_OVERLAP",
        "current.share + _BETTER_SHARE",
        _REGISTRATION,
    ),
    # answers
    Mutant(
        "two possible classes are an answer",
        "classification/decision.py",
        "if prediction_set != (decided,):",
        "if decided not in prediction_set:",
        _DECISION,
    ),
    Mutant(
        "patients unlike the training rows are answered",
        "classification/decision.py",
        "if measured.ood_score > OOD_LIMIT:",
        "if measured.ood_score > 2 * OOD_LIMIT:",
        _DECISION,
    ),
    Mutant(
        "the farthest coverage that gives an answer is named",
        "classification/abstention.py",
        "rule.conformal.coverage).argmin()",
        "rule.conformal.coverage).argmax()",
        ("classification/test_abstention.py",),
    ),
    Mutant(
        "the threshold is on the negative class",
        "classification/decision.py",
        "threshold, index, 1 - index)",
        "threshold, 1 - index, index)",
        _DECISION,
    ),
    Mutant(
        "a probability on the threshold is negative",
        "classification/decision.py",
        "probability[:, index] >= threshold",
        "probability[:, index] > threshold",
        _DECISION,
    ),
    # cells
    Mutant(
        "an at sign is harmless",
        "storage/text/csv_rows.py",
        '("=", "+", "-", "@", "\\t"',
        '("=", "+", "-", "\\t"',
        _CELLS,
    ),
    Mutant(
        "-1+1 is a number",
        "storage/text/csv_rows.py",
        "_NUMBER.fullmatch(text)",
        "_NUMBER.match(text)",
        _CELLS,
    ),
    Mutant(
        "every quotation mark is taken off",
        "storage/text/csv_rows.py",
        'if text.startswith("\'") and _marked(text[1:]) else text',
        'if text.startswith("\'") else text',
        _CELLS,
    ),
    Mutant(
        "a formula behind marks of its own is not marked",
        "storage/text/csv_rows.py",
        "return bare.startswith(_SIGNS)",
        "return text.startswith(_SIGNS)",
        _CELLS,
    ),
)
