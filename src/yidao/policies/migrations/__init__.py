"""Migrations, linear, named by meaning."""
