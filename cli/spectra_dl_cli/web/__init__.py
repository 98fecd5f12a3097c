"""The page on this machine: drop a file, see what was read, get the patients' cards."""
