"""``ringbank desk``: everything an agent does with a person, on one screen."""
