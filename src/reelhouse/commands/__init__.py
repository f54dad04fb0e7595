"""The commands of `reelhouse`, one module each. The Makefile calls them."""
