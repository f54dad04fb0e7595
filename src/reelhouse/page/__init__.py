"""The page that opens from disk: recommendations for new ratings, without a server or network."""
