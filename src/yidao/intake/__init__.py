"""The fast path for tracking events and shipments: bytes, decode, merge, write."""
