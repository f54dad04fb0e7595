"""Benchmarks of Reelhouse beside other libraries, on the same ratings."""
