"""Recommendations for people who are not in the lake, without Spark."""
