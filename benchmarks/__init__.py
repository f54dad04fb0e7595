"""Benchmarks of Reelhouse and other libraries in one run, and the ratings that they use."""
