"""Muster for a person at a terminal: parse the command line, call a use case, render what comes back."""
