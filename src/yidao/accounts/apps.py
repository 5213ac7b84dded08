"""Django's registration of this room."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, organisations, roles, actors, access and API credentials."""

    name = "yidao.accounts"
    label = "accounts"
