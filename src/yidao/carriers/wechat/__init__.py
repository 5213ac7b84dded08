"""The track statuses of WeChat shops (微信小店); a vocabulary only, nothing is pushed from there."""
