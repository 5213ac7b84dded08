"""Django's registration of this room."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Accounts, transfers and entries."""

    name = "yidao.ledger"
    label = "ledger"
