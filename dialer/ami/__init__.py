"""The conversation with Asterisk's manager interface: bytes, one link, and its failures."""
