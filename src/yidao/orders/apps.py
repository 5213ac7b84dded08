"""Django's registration of this room."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders and their lines."""

    name = "yidao.orders"
    label = "orders"
