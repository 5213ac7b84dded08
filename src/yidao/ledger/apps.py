"""Django's registration of this room."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Accounts, transfers and entries."""

    name = "yidao.ledger"
    label = "ledger"
    # The runtime role may not UPDATE or DELETE these.
    append_only_tables = ("ledger_entry", "ledger_proof", "ledger_transfer")

    def ready(self) -> None:
        """Make the kinds of notices known, whoever is going to show them."""
        from yidao.ledger import proof  # noqa: F401  # inline: django not set up
