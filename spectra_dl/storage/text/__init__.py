"""Results as text: CSV that no spreadsheet runs, JSON in one pass."""
