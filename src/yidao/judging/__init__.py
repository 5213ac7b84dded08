"""Judgements and what follows from them: penalties and their settlement, bans, sanctions, violations, appeals."""
