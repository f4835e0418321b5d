"""Orders: the form of a campaign, what an agent filled in, and what became of it.

`definition` reads the form of a campaign file, `form` what an agent typed into it, `store`
keeps it. `conditions` is the small language of the rules between fields.
"""
