"""Django's registration of this room."""

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """Administrative divisions."""

    name = "yidao.places"
    label = "places"
