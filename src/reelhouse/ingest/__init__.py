"""Read ratings, movies and users from files or tables of the lake into the raw tables."""
