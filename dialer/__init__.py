"""How: everything that runs. Asterisk, calls, agents, the engine, the lab, configuration."""
