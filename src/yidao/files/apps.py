"""Django's registration of this room."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Files in the database."""

    name = "yidao.files"
    label = "files"
