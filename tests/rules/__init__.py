"""Tests of the pure rules. They need no database and no clock."""
