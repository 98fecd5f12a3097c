"""Models from bags of tiles to profiles of patients."""
