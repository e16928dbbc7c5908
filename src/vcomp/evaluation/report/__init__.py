"""A folder of results as one page: what was made, from what, how, and how well."""
