"""The effects, one a file: each implements a port, each is tested on the real thing."""
