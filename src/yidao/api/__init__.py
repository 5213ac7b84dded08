"""The typed REST API for machines that read."""
