"""Services asked in their own protocols: one client a file, and the threads that hold them to their time."""
