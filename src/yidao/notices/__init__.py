"""In-site messages: what an organisation should know, said once for each thing and round, never for each parcel."""
