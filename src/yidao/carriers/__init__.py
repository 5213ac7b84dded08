"""Outside parties: carriers and aggregators, one folder each. Decoders here are pure."""
