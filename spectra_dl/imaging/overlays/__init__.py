"""Results laid over tissue: maps, and objects that QuPath imports."""
