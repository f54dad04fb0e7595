"""The memory and processors of this machine, and the defaults for Spark that follow from them."""

import os
from pathlib import Path

CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")
GIB = 1 << 30
MIN_HEAP, MAX_HEAP = 2, 16
"""Bounds of Java's heap in GiB. Fits in Python need at least as much memory outside the heap."""


def memory_bytes() -> int:
    """Return the memory of the machine, or of the container in which this process runs."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = CONTAINER_LIMIT.read_text().strip() if CONTAINER_LIMIT.is_file() else "max"
    return memory if limit == "max" else min(memory, int(limit))


def spark_defaults() -> dict[str, str]:
    """Return defaults of two variables that profiles.yml reads: heap and shuffle partitions."""
    heap = min(max(round(memory_bytes() / 6 / GIB), MIN_HEAP), MAX_HEAP)
    return {
        "REELHOUSE_MEMORY": f"{heap}g",
        "REELHOUSE_SHUFFLE_PARTITIONS": str(max(4, 2 * (os.cpu_count() or 1))),
    }
