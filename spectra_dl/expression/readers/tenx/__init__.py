"""Folders and files of 10x Genomics."""
