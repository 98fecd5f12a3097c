"""Images of tissue, tiles cut from them, and what encoders make of tiles: for every modality that looks at tissue."""
