"""The demo world: a believable market from a seed, told to the intake over HTTP. Knows no clock and no table."""
