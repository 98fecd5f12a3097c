"""What an evaluation found, as JSON, as text and as a page."""
