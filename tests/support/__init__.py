"""The scenario language, the oracle that runs real pytest, and the comparison of the two."""
