"""The small encoder trained end to end on images, and what it looked at."""
