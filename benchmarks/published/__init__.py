"""Tables of papers, computed again: `make bench SIZE=published DATA=folder`."""
