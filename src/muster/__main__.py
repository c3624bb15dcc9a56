"""`python -m muster`: the same as the console script, and the working directory is never on the search path.

`python -m` puts the working directory first on `sys.path`, and that is the examined project: a folder named `typer` or
`json` there would be imported as ours. So it goes before anything else is imported.
"""

from __future__ import annotations

import sys


def _leave_working_directory() -> None:
    """Take off `sys.path` what `-m` put there. Under `-P` or `-I` Python put nothing there in the first place."""
    if not sys.flags.safe_path:
        del sys.path[0]


if __name__ == "__main__":
    _leave_working_directory()
    from muster.cli.main import main

    main()
