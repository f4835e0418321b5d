"""Lead files of any kind, read as rows of text under a header.

What a file is, its first bytes say, not its name: `opening` looks, and unwraps what is packed
with gzip or in a zip archive. Text passes as a stream (`text`); spreadsheets and Parquet files
are read by a process of their own (`child`), which a damaged file may break without harm.
What the cells mean for a lead is decided in `leads.columns`.
"""

from leads.files.opening import open_leads
from leads.files.table import LeadFile, Row

__all__ = ["LeadFile", "Row", "open_leads"]
