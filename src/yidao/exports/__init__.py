"""Lists as files: asked for by a person, made by a job with that person's rights, handed over to that person alone."""
