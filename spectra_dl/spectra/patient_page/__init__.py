"""What predict says of patients as one HTML file: counts first, then a card for each of the first patients."""
