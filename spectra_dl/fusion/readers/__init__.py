"""STUDY.toml, the files it names, and whose their rows are."""
