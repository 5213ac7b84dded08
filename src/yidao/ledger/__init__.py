"""Money of shops and providers by double entry: accounts, transfers, statements, and the nightly proof."""
