"""People, organisations, memberships, actors, access and API credentials."""
