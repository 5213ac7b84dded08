"""Typed ids of people and organisations."""

from typing import NewType

UserId = NewType("UserId", int)
OrganisationId = NewType("OrganisationId", int)
ShopId = NewType("ShopId", OrganisationId)
CreatorId = NewType("CreatorId", OrganisationId)
MembershipId = NewType("MembershipId", int)
CredentialId = NewType("CredentialId", int)
