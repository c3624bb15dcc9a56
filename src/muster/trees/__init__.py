"""Trees that need no disk: memory, a patch laid over another tree, and the `World` of the examined code."""
