"""Version 1 of the reading API. What is here only ever grows; a change that takes something away is a version 2."""
