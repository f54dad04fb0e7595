"""Find ratings, movies and users in files or tables of the lake, and read the raw tables."""
