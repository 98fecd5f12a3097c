"""Image to gene expression: from a section with counts to a predicted map."""
