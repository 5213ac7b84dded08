"""Our own format, the one carriers and shops are asked to use."""
