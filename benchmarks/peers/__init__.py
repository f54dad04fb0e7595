"""`make bench SIZE=peers`: Reelhouse and faster libraries, each in a process of its own."""
