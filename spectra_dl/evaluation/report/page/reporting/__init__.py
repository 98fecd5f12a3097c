"""Lists of what a study should report, and what its report answers."""
