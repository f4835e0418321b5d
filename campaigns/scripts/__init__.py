"""What an agent says: scripts with branches and languages, the opening that the law asks for.

A script is Markdown with a small part of Jinja2 in it; docs/scripts.md is for who writes one.
"""
