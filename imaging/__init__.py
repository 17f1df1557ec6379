"""Everything between files and pixels: photos, sizes, composites, backdrops, shadows, checks, saving."""
