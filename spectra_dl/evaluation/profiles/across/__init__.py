"""Profiles of which a patient has one: each target is correlated across patients."""
