"""Rows with a profile of many numbers each, as expression over genes: scored by section and patient.

It shares folds, resampled units, findings and verdicts with the harness of classes, and knows no modality either.
"""
