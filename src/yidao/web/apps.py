"""Django's registration of this room."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Consoles by audience."""

    name = "yidao.web"
    label = "web"

    def ready(self) -> None:
        """Let what the library of second factors tells leave its trace in the journal."""
        from yidao.web.shared import second_factor  # inline: django not set up

        second_factor.listen()
