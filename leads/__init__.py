"""Who may be known, and how to reach them: people, their numbers, lists, suppression.

Knows nothing of campaigns, calls or agents, and imports neither of the packages above.
"""
