"""Django's registration of this room."""

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """Published policy versions."""

    name = "yidao.policies"
    label = "policies"
    append_only_tables = ("policy_version",)
