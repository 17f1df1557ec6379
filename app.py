"""The studio's page: ``streamlit run app.py``."""

from pathlib import Path

import streamlit as st

st.set_page_config(
    page_title="Backdrop",
    page_icon=str(Path(__file__).parent / "ui" / "icon.svg"),
    layout="wide",
    menu_items={"About": "Backdrop: the same subject, untouched, in a new place."},
)

from ui import studio  # noqa: E402

studio.show()
