"""Errors meant for people: each message says in one sentence what happened and what to do about it.

    StudioError              anything a person can mend; front ends show the message, never a traceback
    ├── BadInput             a photo, mask, backdrop or recipe that cannot be used as it is
    ├── NothingFound         a mask source looked and found no subject
    ├── MissingWeights       a model's files are neither here nor to be had
    └── Cancelled            the person stopped the work; nothing was written

Every other exception is a defect of ours and keeps its traceback.
"""


class StudioError(Exception):
    """Something a person can mend.

    Attributes:
        message: one sentence with the way out; what the page shows.

    Args:
        message: see above.
        at_the_command_line: more of it for those who type commands; ``str(error)`` is both.
    """

    def __init__(self, message: str, at_the_command_line: str = "") -> None:
        super().__init__(f"{message} {at_the_command_line}".rstrip())
        self.message = message


class BadInput(StudioError):
    """A file or setting that cannot be used as it is."""


class NothingFound(StudioError):
    """No subject was found in the photo."""


class MissingWeights(StudioError):
    """A model's weights are not on this machine and could not be fetched."""


class Cancelled(StudioError):
    """The person cancelled the work."""
