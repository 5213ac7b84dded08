"""Settings, URLs, ASGI applications and process entry points."""
