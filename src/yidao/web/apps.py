"""Django's registration of this room."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Consoles by audience."""

    name = "yidao.web"
    label = "web"

    def ready(self) -> None:
        """Say which lists can be exported, and what flows tell of; let the journal hear of second factors."""
        from yidao.exports import registry  # inline: django not set up
        from yidao.flows import unmake  # noqa: F401  # inline: django not set up
        from yidao.web.creator import shops  # inline: django not set up
        from yidao.web.merchant import products  # inline: django not set up
        from yidao.web.operator import carriers  # inline: django not set up
        from yidao.web.shared import order_lists, parcel_lists, second_factor, statements  # inline: django not set up

        parcel_lists.register_exports()
        order_lists.register_exports()
        registry.register(shops.KIND, carriers.KIND, products.KIND, statements.KIND)
        second_factor.listen()
