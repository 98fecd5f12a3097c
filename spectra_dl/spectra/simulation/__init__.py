"""A simulated serum study whose best possible AUC is known."""
