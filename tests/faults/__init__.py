"""The fault campaign: broadcasts on the lab while something breaks at a random moment.

`plan` says by a seed who is called, what breaks and when; each family of faults has a module;
`round` plays one, `agreement` holds the ledger against the network's records. By command:
``python -m tests.faults --rounds 100``.
"""
