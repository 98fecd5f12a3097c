"""Images of tissue, the tiles cut from them, and the encoders of tiles: shared by every modality that has tissue images."""
