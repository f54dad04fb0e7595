"""What a build leaves behind: twice, interrupted, and with bad rows."""

from __future__ import annotations
