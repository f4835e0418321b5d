"""Exports: one snapshot, one row for each thing, columns that never move.

`export` is the way in; what each export contains stands in `attempts`, `leads`, `said`,
`orders` and `van`, how it is written in `cells` and `sheets`. New columns come at the end only: users
script against the order.
"""
