"""The one exception whose text is meant for the person at the terminal."""


class ReelhouseError(Exception):
    """What went wrong and what to do about it, in a sentence or two; shown without a traceback."""
