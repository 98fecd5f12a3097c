"""What predict says of tissue sections as one HTML file: counts first, then maps of genes of the first sections."""
