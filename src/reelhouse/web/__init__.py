"""Styles, scripts and plots that the page from disk, the explorer and the report share."""
