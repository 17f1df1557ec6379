"""The page: one module per panel. Nothing here knows how a picture is made; it fills in a recipe and shows results."""
