"""Shell bricks without domain words: clocks, errors, transactions, paging, crypto, the database supervisor."""
