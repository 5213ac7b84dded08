"""The append-only journal of what people and machines did; plain ids, no personal data."""
