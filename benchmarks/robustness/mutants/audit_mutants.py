"""Mistakes in what is looked for before a score is believed: the audit's checks, and who a person is."""

from mutant import Mutant

_PROBING = ("evaluation/audit/test_probing.py",)
_COPIES = ("evaluation/audit/test_audit_copies.py",)
_COLUMNS = ("evaluation/audit/test_audit_columns.py",)
_PERSONS = ("evaluation/test_person_ids.py",)

MUTANTS = (
    # the audit
    Mutant(
        "a probe's scale is learnt from test rows too",
        "evaluation/audit/probing.py",
        "features[fold.train].std(axis=0)",
        "features.std(axis=0)",
        _PROBING,
    ),
    Mutant(
        "a probe raises by its figure, not by its interval",
        "evaluation/audit/finding.py",
        '"stop" if auc.low > _STOP_ABOVE else "warn" if auc.low > _WARN_ABOVE',
        '"stop" if auc.value > _STOP_ABOVE else "warn" if auc.value > _WARN_ABOVE',
        ("evaluation/audit/test_audit.py",),
    ),
    Mutant(
        "the mildest finding is the audit's severity",
        "evaluation/audit/finding.py",
        "return max((finding.severity for finding in self.findings)",
        "return min((finding.severity for finding in self.findings)",
        ("evaluation/audit/test_audit.py",),
    ),
    Mutant(
        "copies within a patient are a leak",
        "evaluation/audit/copies.py",
        "if len({patient[number] for number in group}) > 1]",
        "if len(group) > 1]",
        _COPIES,
    ),
    Mutant(
        "copies are compared with first differences' noise",
        "evaluation/audit/copies.py",
        "_ORDER = 4",
        "_ORDER = 1",
        _COPIES,
    ),
    Mutant(
        "Cramér's V is not corrected for bias",
        "evaluation/audit/batches.py",
        "_chi_square(table) / n - (n_rows - 1) * (n_columns - 1) / (n - 1)",
        "_chi_square(table) / n",
        _COLUMNS,
    ),
    Mutant(
        "a patient has its rarest value",
        "evaluation/audit/columns.py",
        "np.lexsort((value, -count, owner))",
        "np.lexsort((value, count, owner))",
        _COLUMNS,
    ),
    Mutant(
        "a permutation p of zero",
        "evaluation/audit/batches.py",
        "(1 + as_close) / (1 + _PERMUTATIONS)",
        "as_close / _PERMUTATIONS",
        _COLUMNS,
    ),
    # persons
    Mutant("capitals are other people", "evaluation/person_ids.py", "text.casefold()", "text", _PERSONS),
    Mutant(
        "zeros inside a number are lost",
        "evaluation/person_ids.py",
        'r"(?<![0-9])0+(?=[0-9])"',
        'r"0+(?=[0-9])"',
        _PERSONS,
    ),
    Mutant(
        "spaces between numbers are lost",
        "evaluation/person_ids.py",
        'r"(?<![0-9]) | (?![0-9])"',
        '" "',
        _PERSONS,
    ),
    Mutant(
        "the rarest spelling names a person",
        "evaluation/person_ids.py",
        "max(variants, key=lambda variant: rows[variant])",
        "min(variants, key=lambda variant: rows[variant])",
        _PERSONS,
    ),
    Mutant(
        "7 and patient_7 are not asked about",
        "evaluation/person_ids.py",
        "if found and _value(found.group(1)) in bare:",
        "if found and _value(found.group(1)) not in bare:",
        _PERSONS,
    ),
)
