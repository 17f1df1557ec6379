"""How the subject looks in its place: shadow, reflection, light, grain."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fields import Control
from recipe.values import Part

Shadow = Annotated[
    Literal["none", "auto", "contact", "cast"],
    Field(
        title="Shadow",
        description="So that the subject does not float. Automatic: cast where there is ground beneath it. Contact: a "
        "soft dark line where it stands. Cast: dark at each foot and under the body, and along the light.",
    ),
    Control(
        words={"none": "None", "auto": "Automatic", "contact": "Contact", "cast": "Cast"},
        metavar="none|auto|contact|cast",
    ),
]


class Look(Part):
    """How the subject looks in its place. The defaults are those of recipes that say nothing of it."""

    shadow_strength: Annotated[
        float,
        Field(title="Shadow strength", description="How dark the shadow is; 100 as the light makes it.", ge=0, le=200),
        Control(step=5, unit="%", metavar="N", advanced=True),
    ] = 100
    shadow_direction: Annotated[
        float | None,
        Field(
            title="Light from",
            description="Where the light of a cast shadow comes from: 0 from behind the camera, 90 from the right, -90 "
            "from the left, 180 from behind the subject. Left out: the light of the place.",
            ge=-180,
            le=180,
        ),
        Control(step=5, unit="°", metavar="N", advanced=True),
    ] = None
    shadow_length: Annotated[
        float | None,
        Field(
            title="Shadow length",
            description="Of a cast shadow, in per cent of the subject's height. Left out: as high as the light stands.",
            ge=0,
            le=400,
        ),
        Control(step=10, unit="%", metavar="N", advanced=True),
    ] = None
    shadow_softness: Annotated[
        float | None,
        Field(
            title="Shadow softness",
            description="Of a cast shadow: 0 as in the sun, 100 as under clouds. Left out: as the light makes it.",
            ge=0,
            le=100,
        ),
        Control(step=5, unit="%", metavar="N", advanced=True),
    ] = None
    reflection: Annotated[
        float | None,
        Field(
            title="Floor reflection",
            description="How clearly the floor mirrors the subject. Left out: as glossy as the scene's floor is.",
            ge=0,
            le=100,
        ),
        Control(step=5, unit="%", metavar="N", advanced=True),
    ] = 0
    match_light: Annotated[
        bool,
        Field(
            title="Match the light",
            description="Bring the subject's exposure, colour and contrast part of the way to the place's. This "
            "changes the subject.",
        ),
    ] = False
    rim_light: Annotated[
        float,
        Field(
            title="Rim and bounce light",
            description="With matched light: how much of the place's light shines on the subject's rim, and of the "
            "ground's on its foot.",
            ge=0,
            le=100,
        ),
        Control(step=5, unit="%", metavar="N", advanced=True),
    ] = 0
    light_wrap: Annotated[
        float,
        Field(
            title="Light wrap",
            description="How much of the place's light shines around the soft edge; solid pixels stay as they are.",
            ge=0,
            le=100,
        ),
        Control(step=5, unit="%", metavar="N", advanced=True),
    ] = 0
    grain: Annotated[
        float | None,
        Field(
            title="Grain",
            description="Grain of the background, in per cent of the photo's; the subject stays. Left out: as the "
            "photo's, but none on a plain backdrop.",
            ge=0,
            le=200,
        ),
        Control(step=5, unit="%", metavar="N", advanced=True),
    ] = 0
    match_sharpness: Annotated[
        bool,
        Field(
            title="Match the sharpness",
            description="Make the background as soft as a photo that is less sharp than it; the subject stays.",
        ),
        Control(advanced=True),
    ] = False


NEW_SHADOW: Shadow = "auto"
"""Of a new edit; a recipe that says nothing of a shadow has none."""
NEW_LOOK = Look(reflection=None, rim_light=50, grain=None, match_sharpness=True)
"""Of a new edit."""
