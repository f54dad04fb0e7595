"""The page of `make docs`: the project, its columns and where each column comes from."""
