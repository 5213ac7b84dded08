"""Our own typed REST API for reading; writing goes to the port for machines."""
