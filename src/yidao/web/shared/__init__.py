"""Components, guards and pages that several consoles share."""
