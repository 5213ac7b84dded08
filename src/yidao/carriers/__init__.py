"""Outside parties, one folder each: decoders of what they send and the meaning of their codes."""
