"""The studio's page: ``streamlit run app.py``."""

from pathlib import Path

import streamlit as st

UI = Path(__file__).parent / "ui"

st.set_page_config(
    page_title="Backdrop",
    page_icon=str(UI / "icon.svg"),
    layout="wide",
    menu_items={"About": "Backdrop: the same subject, untouched, in a new place."},
)
st.html(UI / "style.css")  # first: the browser has it while the rest is loaded

from ui import studio  # noqa: E402

studio.show()
