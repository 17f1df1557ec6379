"""How the pocket model is made: our own small inpainting model, trained by anyone with a GPU; see docs/pocket.md.

    python -m training STEP      pack, tokenizer, autoencoder, denoiser, export, evaluate, rehearse, budget

Nothing in the product imports this package. What it makes is a folder in diffusers' layout, which the product loads
like any other model.
"""
