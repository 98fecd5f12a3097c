"""Damaged files for every reader: their seeds, how they are damaged, and the contract of a reader."""

from fuzzing.contract import Finding, Target, attempt
from fuzzing.mutations import mutated
from fuzzing.targets import TARGETS

__all__ = ["TARGETS", "Finding", "Target", "attempt", "mutated"]
