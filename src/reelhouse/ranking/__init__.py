"""Top-N lists of movies."""
