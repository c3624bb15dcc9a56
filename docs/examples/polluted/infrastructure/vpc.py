def connect() -> bool:
    return True
