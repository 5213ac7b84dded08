"""KDNiao (快递鸟): pushes of full lists for many numbers at once, oldest first, signed with the application's key."""
