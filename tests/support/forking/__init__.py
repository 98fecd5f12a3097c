"""Processes that are forked from one with the slow imports behind it."""
