"""Sections whose spots stand in text tables: legacy Spatial Transcriptomics and folders of tiles."""
