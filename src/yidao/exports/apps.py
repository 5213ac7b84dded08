"""Django's registration of this room."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Lists as files."""

    name = "yidao.exports"
    label = "exports"
