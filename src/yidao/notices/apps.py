"""Django's registration of this room."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """In-site messages and who has read them."""

    name = "yidao.notices"
    label = "notices"
