"""Text as it is, where Streamlit would read Markdown."""

from __future__ import annotations

SPECIAL = r"\`*_{}[]()#+-.!|~:$<>"


def plain(text: object) -> str:
    """A text with everything escaped that Markdown gives a meaning."""
    return "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in str(text))
