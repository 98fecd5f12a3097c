"""Damaged files for every reader: what they are made of, how they are damaged, and what a reader owes them."""

from fuzzing.contract import Finding, Target, attempt
from fuzzing.mutations import mutated
from fuzzing.targets import TARGETS

__all__ = ["TARGETS", "Finding", "Target", "attempt", "mutated"]
