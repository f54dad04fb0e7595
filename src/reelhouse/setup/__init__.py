"""Set-up: install the Python packages, the jars and MovieLens 100k, and link the dbt profile.

Set-up runs before any package is installed, so these modules use the standard library only.
"""
