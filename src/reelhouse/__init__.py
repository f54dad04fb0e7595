"""Reelhouse: ratings in a lakehouse to recommendations, with SQL first."""
