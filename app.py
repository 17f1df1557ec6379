"""The studio: ``streamlit run app.py``. Its server reads this file once; each look at the page runs it as a script."""

from pathlib import Path

import streamlit as st

UI = Path(__file__).parent / "ui"

if __name__ == "__main__":
    st.set_page_config(
        page_title="Backdrop",
        page_icon=str(UI / "icon.svg"),
        layout="wide",
        menu_items={"About": "Backdrop: the same subject, untouched, in a new place."},
    )
    st.html(UI / "style.css")  # first: the browser has it while the rest is loaded

    from ui import studio

    studio.show()
else:
    from ui import server

    app = st.App(__file__, lifespan=server.lifespan)
