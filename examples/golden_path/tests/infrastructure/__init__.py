"""What the tests run on: the real server in a process of its own, a PostgreSQL, and an endpoint that speaks OpenAI."""
