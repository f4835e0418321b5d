"""Whether and when to call, who is next, and what was said.

Stands on `leads`; knows nothing of Asterisk, and imports nothing from `dialer`.
"""
