"""A simulated tissue study whose rates are known."""
