"""How many calls to place now, so that agents are busy and nobody is called for nothing.

`Pacer` predicts, `Progressive` places one call for each free agent, `Ratio` so many for each.
All three are told what happens by `observe` and asked by `calls_to_place`.
"""

from dialer.pacing.decision import Bound, Decision
from dialer.pacing.fixed import Progressive, Ratio
from dialer.pacing.pacer import Pacer

__all__ = ["Bound", "Decision", "Pacer", "Progressive", "Ratio"]
