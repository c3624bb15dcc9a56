"""What happens when this file is imported? Optimistic abstract interpretation of module level and class bodies.

Only definite exceptions are raised; whatever cannot be known is `UNKNOWN` and swallows what is done with it.
"""
