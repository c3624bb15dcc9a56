"""The memory in a database: SQLite for one checkout, PostgreSQL for a team, both through SQLAlchemy."""
