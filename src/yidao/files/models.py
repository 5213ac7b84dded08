"""A file and its pieces. The pieces are written once and deleted with the file, never changed."""

from django.db import models
from django.db.models import Q

from yidao.kit import ids


class StoredFile(models.Model):
    """What is known of a file without opening it; times are real, never simulated."""

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    name = models.TextField()
    content_type = models.TextField()
    size_bytes = models.BigIntegerField()
    chunk_count = models.IntegerField()
    sha256 = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "stored_file"
        constraints = [
            models.CheckConstraint(condition=Q(size_bytes__gte=0), name="files_are_not_smaller_than_nothing"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="files_by_end_of_life")]


class FileChunk(models.Model):
    """One encrypted piece of a file; only the last one may be short."""

    pk = models.CompositePrimaryKey("file_id", "ordinal")
    file = models.ForeignKey(StoredFile, on_delete=models.DO_NOTHING, db_index=False, related_name="chunks")
    ordinal = models.IntegerField()
    body_encrypted = models.BinaryField()

    class Meta:
        db_table = "file_chunk"
