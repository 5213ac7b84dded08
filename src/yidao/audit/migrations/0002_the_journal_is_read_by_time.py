"""The journal is a list by time, narrowed by act, person, organisation or subject."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

INDEXES = {
    "audit_by_time": (),
    "audit_of_organisation_by_time": ("organisation_id",),
    "audit_of_person_by_time": ("actor_user_id",),
    "audit_of_act_by_time": ("act",),
    "audit_of_subject_by_time": ("subject",),
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("audit", "0001_journal")]

    operations = [
        *(
            AddIndexConcurrently(
                model_name="auditentry",
                index=models.Index(fields=[*fields, "-at_real", "-id"], name=name),
            )
            for name, fields in INDEXES.items()
        ),
        RemoveIndexConcurrently(model_name="auditentry", name="audit_of_organisation"),
        RemoveIndexConcurrently(model_name="auditentry", name="audit_of_act"),
    ]
