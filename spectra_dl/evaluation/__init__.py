"""The one harness: splits by patient, figures with intervals, an audit for what is not biology, a report.

It knows scikit-learn's ``fit / predict_proba / classes_`` and rows that belong to patients; it knows no modality.
"""
