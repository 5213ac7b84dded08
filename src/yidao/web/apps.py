"""Django's registration of this room."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Consoles by audience."""

    name = "yidao.web"
    label = "web"
