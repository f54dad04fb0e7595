"""The explorer: pages about people, movies, models, data and the lake, beside the API."""
