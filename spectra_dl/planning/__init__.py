"""How many patients a study needs, from a pilot or from a model of the effect: pure numbers, which know no modality."""
