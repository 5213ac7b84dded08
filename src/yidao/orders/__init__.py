"""Orders: what was sold, in which state it is; shipping and judging them is not here yet."""
