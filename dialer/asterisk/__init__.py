"""Asterisk's configuration as Ringbank needs it, and the check that a server has it.

Three fragments to `#include` in one's own Asterisk; the lab includes the very same ones,
so what the tests dial through is what a user's calls go through.
"""
