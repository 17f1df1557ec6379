"""What a button was pressed for: carried out once, before the page is drawn, whatever is clicked meanwhile.

Streamlit cuts a run of the page short when something else is clicked, and what a button returned is lost with it. So a
press is only noted, and the next run that gets as far as :func:`carry_out` does what was asked for.

    actions.button(st.button, "Make it", key="make", act=make, help="…")     a button, and beside it why it failed
    actions.carry_out()      in a run, before anything depends on what it changes
    actions.seen()           at the end of a run

Actions say what is wrong by a :class:`StudioError`; :class:`Missing` is one that asks for what is not filled in yet.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import streamlit as st

from errors import BadInput, StudioError
from ui import places, state
from ui.workspace import Step

NOTED, PROBLEM = "noted", "action_problem"
Act = Callable[[], Step]


class Missing(BadInput):
    """Something is not filled in yet: asked for, and no failure."""


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


def button(draw: Callable[..., Any], label: str, *, key: str, act: Act, says: str = "", **settings: Any) -> None:
    """Draw a button whose press is noted, and why what it was pressed for could not be done.

    That stands above the main button, and below others.

    Args:
        draw: ``st.button``, or :func:`ui.places.main_button`.
        label: what it does.
        key: its name; ``act`` and ``says`` are as :class:`Noted`'s.
        **settings: further arguments of ``draw``.
    """
    if draw == places.main_button:
        settings["above"] = lambda: _say_problem(key)
    draw(label, key=key, on_click=_note, args=(key, act, says), **settings)
    if draw != places.main_button:
        _say_problem(key)


def _say_problem(key: str) -> None:
    pressed, problem = st.session_state.get(PROBLEM, ("", None))
    if pressed == key and isinstance(problem, Missing):
        st.warning(problem.message, icon=":material/edit:")
    elif pressed == key and problem:
        st.error(problem.message, icon=":material/error:")


def _note(key: str, act: Act, says: str) -> None:
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
                st.session_state[PROBLEM] = noted.key, error
            else:
                st.session_state.message = error.message
    del st.session_state[NOTED]
    if noted.opens and state.workspace().step == noted.step:
        state.go(noted.opens)


def seen() -> None:
    """At the end of a run: what was to be said was drawn. A run that is cut short before leaves it to the next."""
    st.session_state.pop(PROBLEM, None)
