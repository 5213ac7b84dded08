"""Importing this module sets Django up. Entry points import it before anything that needs models."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yidao.config.settings")
django.setup()
