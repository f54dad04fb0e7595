"""Trials of parameters on the validation rows."""
