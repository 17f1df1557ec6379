"""Make pixels with diffusion models. The only room that imports diffusers; :mod:`diffusion.settings` does not."""
