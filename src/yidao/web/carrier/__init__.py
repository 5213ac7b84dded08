"""The carrier's console."""
