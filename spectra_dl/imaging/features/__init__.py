"""Features of tiles: computed, read from a store, or precomputed by another tool."""
