"""Everybody's own account: how one gets in, the second factors, the phone, the password, the sessions."""
