"""Clerks work for the platform alone: those of others become its service. Names get the keys they are found by."""

from typing import Any

from django.db import migrations
from pypinyin import Style, lazy_pinyin

BATCH_SIZE = 1_000


def _solid(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def _grams(kind: str, solid: str) -> set[str]:
    return {kind + char for char in solid} | {kind + solid[at : at + 2] for at in range(len(solid) - 1)}


def clerks_serve(apps: Any, schema_editor: Any) -> None:
    """Rename the role."""
    memberships = apps.get_model("accounts", "Membership").objects
    memberships.filter(role="CLERK").exclude(organisation__kind="PLATFORM").update(role="SERVICE")


def names_are_found(apps: Any, schema_editor: Any) -> None:
    """Write the keys of every name that has none, in batches."""
    organisations = apps.get_model("accounts", "Organisation").objects
    last = 0
    while True:
        batch = list(organisations.filter(id__gt=last, name_grams=[]).order_by("id")[:BATCH_SIZE])
        if not batch:
            return
        for each in batch:
            syllables = [part.strip() for part in lazy_pinyin(each.name.lower())]
            initials = _solid("".join(lazy_pinyin(each.name.lower(), style=Style.FIRST_LETTER)))
            each.name_pinyin = " ".join(part for part in syllables if part)
            each.name_initials = initials
            pieces = _grams("n", _solid(each.name)) | _grams("p", _solid("".join(syllables))) | _grams("i", initials)
            each.name_grams = sorted(pieces)
        organisations.bulk_update(batch, ["name_pinyin", "name_initials", "name_grams"])
        last = batch[-1].id


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_roles_and_parts_of_names")]

    operations = [
        migrations.RunPython(clerks_serve, migrations.RunPython.noop),
        migrations.RunPython(names_are_found, migrations.RunPython.noop),
    ]
