"""The creator's console."""
