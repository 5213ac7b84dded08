"""The kit as a Django app: it owns the demo clock and the log of requests that must not run twice."""

from django.apps import AppConfig


class KitConfig(AppConfig):
    """Shell bricks that need a table of their own."""

    name = "yidao.kit"
    label = "kit"
    default_auto_field = "django.db.models.BigAutoField"
