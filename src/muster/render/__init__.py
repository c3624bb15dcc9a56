"""Values become text for people and machines. The only package that escapes; it writes nothing itself."""
