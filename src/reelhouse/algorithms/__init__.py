"""The algorithm families of seeds/algorithms.csv, fitted under every protocol."""
