"""Find ratings, movies and users in files or tables, and read the raw tables."""
