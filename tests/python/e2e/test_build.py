"""What a build leaves behind: twice, interrupted, and with bad rows."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pandas as pd
import pytest

from tests.python.e2e.conftest import ROOT, TINY, Lake
