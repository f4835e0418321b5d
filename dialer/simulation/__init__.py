"""A modelled floor: agents, telephones and people under a clock that runs as fast as it can."""
