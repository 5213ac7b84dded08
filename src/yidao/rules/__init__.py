"""Pure rules: frozen facts, a published policy and an instant in, a verdict with its reasons out. Standard library only."""
