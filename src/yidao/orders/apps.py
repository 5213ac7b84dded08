"""Django's registration of this room."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, their lines, packs and after-sales."""

    name = "yidao.orders"
    label = "orders"
    append_only_tables = ("after_sale_step", "order_deadline_change", "order_refund_attempt")

    def ready(self) -> None:
        """Make the kinds of notices known, whoever is going to show them."""
        from yidao.orders import after_sale_words, closing, refund_news, warnings  # noqa: F401  # inline: django not set up
