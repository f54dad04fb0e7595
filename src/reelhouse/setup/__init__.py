"""Set-up: Python packages, jars, sample data.

Standard library only, as it runs before packages exist.
"""
