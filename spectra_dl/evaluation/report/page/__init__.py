"""A run as one HTML file that a clinician reads: no network, no script, no other file."""
