"""Features of tiles: computed, found in a store, or made elsewhere."""
