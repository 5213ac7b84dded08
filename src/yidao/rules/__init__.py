"""Pure rules: frozen facts, a published policy and an instant in, a verdict with reasons out. Standard library only."""
