"""``python -m cli``, and what ``python main.py`` hands over to."""

from cli import run

run()
