"""`python -m bench` is the `navibench` command."""

from bench.cli import main

main()
