"""A small chat product: users log in, ask, and watch an agent work on the answer over a WebSocket."""
