"""``python -m ivea_fiji`` is the same as ``ivea``."""

import sys

from ivea_fiji.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
