"""What this machine has, and what Spark gets of it unless somebody says otherwise."""

import os
from pathlib import Path

CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")
GIB = 1 << 30
LEAST_HEAP, MOST_HEAP = 2, 16
"""GiB of Java's heap; the fits in Python need as much again, and more."""


def memory_bytes() -> int:
    """Return the memory of the machine, or of the container that this runs in."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = CONTAINER_LIMIT.read_text().strip() if CONTAINER_LIMIT.is_file() else "max"
    return memory if limit == "max" else min(memory, int(limit))


def spark_defaults() -> dict[str, str]:
    """Return the variables of profiles.yml that follow from the machine."""
    heap = min(max(round(memory_bytes() / 6 / GIB), LEAST_HEAP), MOST_HEAP)
    return {
        "REELHOUSE_MEMORY": f"{heap}g",
        "REELHOUSE_SHUFFLE_PARTITIONS": str(max(4, 2 * (os.cpu_count() or 1))),
    }
