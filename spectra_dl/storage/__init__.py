"""Files that are whole or not there: atomic writes and sealed tensor files."""
