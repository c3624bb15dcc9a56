"""The dashboard of `muster serve`: pages, metrics, and the door through which `muster push` comes in."""
