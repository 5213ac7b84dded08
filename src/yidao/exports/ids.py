"""Typed ids of exports."""

from typing import NewType

ExportId = NewType("ExportId", int)
