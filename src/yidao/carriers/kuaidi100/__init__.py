"""Kuaidi100 (快递100): pushes of full lists, newest first, signed with a salt."""
