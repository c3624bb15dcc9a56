"""How is a run shared out and accounted for?"""
