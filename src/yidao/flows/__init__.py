"""Use cases that write in more than one room: placing and shipping orders, moving deadlines, reversing, closing."""
