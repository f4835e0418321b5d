"""What can go wrong between Ringbank and Asterisk's manager interface."""

from leads.errors import RingbankError


class AmiError(RingbankError):
    """The conversation with Asterisk failed."""


class UnsafeValueError(AmiError):
    """An action holds something that Asterisk would read as other headers than were meant."""


class AsteriskUnreachableError(AmiError):
    """Nothing accepts connections at the address, or its TLS cannot be trusted."""


class AsteriskSilentError(AsteriskUnreachableError):
    """The connection, or the greeting after it, did not come in time."""


class NotAnAsteriskError(AmiError):
    """Something answers at the address, but it is no manager interface."""


class LoginRefusedError(AmiError):
    """Asterisk does not accept the user or the secret."""


class ActionRefusedError(AmiError):
    """Asterisk answered a request for a list with an error."""


class AmiTimeoutError(AmiError):
    """Asterisk did not answer an action in time; it may have carried it out."""


class LinkLostError(AmiError):
    """The connection ended; an action sent just before may have been carried out or not."""
