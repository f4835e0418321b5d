"""The lab: a real Asterisk PBX and, behind it, a telephone network of simulated people.

`up` starts both servers on free loopback ports, from an Asterisk that is installed or
fetched from Debian's archive. The demo dials through it, and so do the tests.
"""
