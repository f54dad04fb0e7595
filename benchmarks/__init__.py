"""Benchmarks with the peers in the same run, and the ratings that they run on."""
