"""The command line: `python -m tests.realdata.convert`."""

from tests.realdata.convert import main

main()
