"""Exceptions that a service shares with its clients: both can import them."""


class VolumeError(Exception):
    """Formats its message from its keyword arguments, as OpenStack's do."""
    template = 'volume error'

    def __init__(self, message=None, **kwargs):
        self.kwargs = kwargs
        super().__init__(message or self.template % kwargs)


class VolumeNotFound(VolumeError):
    template = 'no volume %(volume_id)s'
