"""Typed ids of files."""

from typing import NewType

FileId = NewType("FileId", int)
