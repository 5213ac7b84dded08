"""The provider's console."""
