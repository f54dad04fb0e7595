"""The prompt of `reelhouse shell`, and the process that keeps Spark for its commands."""
