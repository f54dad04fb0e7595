"""Point at which two Python models of test_session_nodes wait for each other."""

from threading import Barrier

BARRIER = Barrier(2)
