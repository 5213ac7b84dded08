"""Administrative divisions and the region sets that rules use."""
