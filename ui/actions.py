"""What a button was pressed for: carried out once, before the page is drawn, whatever is clicked meanwhile.

Streamlit cuts a run of the page short when something else is clicked, and what a button returned is lost with it. So a
press is only noted, and the next run that gets as far as :func:`carry_out` does what was asked for.

    on_click=actions.note, args=(key, act, "Making the picture …")      of a button
    actions.carry_out()          in a run, before anything depends on what it changes
    actions.show_problem(key)    beside the button: why it could not be done
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import streamlit as st

from errors import StudioError
from ui import places, state
from ui.workspace import Step

NOTED, PROBLEMS = "noted", "action_problems"
Act = Callable[[], Step]


@dataclass
class Noted:
    """A press of a button.

    Attributes:
        key: of the button.
        act: does what was asked for, without drawing anything; returns the step that shows what came of it.
        says: what is said while it takes; nothing where it takes no time.
        step: the panel in which it was pressed.
        opens: what ``act`` returned.
    """

    key: str
    act: Act
    says: str
    step: Step
    opens: Step | None = None


def note(key: str, act: Act, says: str = "") -> None:
    """Note a press; see :class:`Noted`. A callback."""
    st.session_state.get(PROBLEMS, {}).pop(key, None)
    st.session_state[NOTED] = Noted(key, act, says, state.workspace().step)


def carry_out() -> None:
    """Do what is noted, and open the step that shows it, unless another one was opened since."""
    noted: Noted | None = st.session_state.get(NOTED)
    if noted is None:
        return
    if noted.opens is None:  # else the run was cut short when the spinner went, with everything done
        try:
            with places.spinner(noted.says) if noted.says else nullcontext():
                noted.opens = noted.act()
        except StudioError as error:
            if state.workspace().step == noted.step:
                st.session_state.setdefault(PROBLEMS, {})[noted.key] = error.message
            else:
                st.session_state.message = error.message
    del st.session_state[NOTED]
    if noted.opens and state.workspace().step == noted.step:
        state.go(noted.opens)


def show_problem(key: str) -> None:
    """Why what the button of that key was pressed for could not be done."""
    if problem := st.session_state.get(PROBLEMS, {}).get(key):
        st.error(problem, icon=":material/error:")


def forget_problems() -> None:
    """At the end of a run: whatever was to be said was seen."""
    st.session_state.pop(PROBLEMS, None)
