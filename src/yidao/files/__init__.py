"""Files in the database: encrypted piece by piece, of limited size and life. Who may read one is the owner's to say."""
