"""`make bench SIZE=peers`: Reelhouse and other fast libraries, each in a separate process."""
