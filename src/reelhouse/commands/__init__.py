"""The commands of `reelhouse`, which the Makefile calls."""
