"""May we call: rules of law as data, each with its source, and the code that reads them.

A file for each jurisdiction, `<id>.toml`, lies beside this code; `model` says what is in
one. Nothing here knows of leads or attempts: `campaigns.law` applies the rules to a call.
"""
