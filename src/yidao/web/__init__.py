"""Consoles by audience; pages are server-rendered and work without JavaScript."""
