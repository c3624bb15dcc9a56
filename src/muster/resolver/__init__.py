"""What would Python find? A search path and a name give a module, or the precise reason why there is none."""
