"""What runs inside the project's own interpreter: one file each, read as text by adapters, never imported by Muster."""
