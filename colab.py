"""What the notebook does beyond the command line: install, upload, show, download, and open the studio.

Works on Colab and in any Jupyter. The notebook itself has no logic; ``python colab.py install`` is its first step.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

ROOT = Path(__file__).parent
PORT = 8501


def on_colab() -> bool:
    """Whether this runs in Google Colab."""
    return "COLAB_RELEASE_TAG" in os.environ


def requirements() -> list[str]:
    """The lines to install: without torch where there is one, so that Colab keeps the build made for its GPU."""
    lines = [line.strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if importlib.util.find_spec("torch"):
        lines = [line for line in lines if not line.startswith("torch")]
    return lines


def install() -> None:
    """Install what Backdrop needs and fetch the small models. Says what is missing, and goes on."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *requirements()], check=True)
    subprocess.run([sys.executable, str(ROOT / "main.py"), "models", "pull"], check=False)
    print("Ready.")


def upload(default: str = "samples/mug.jpg") -> Path:
    """The photo to work on: on Colab one that you choose, elsewhere ``default``."""
    if not on_colab():
        return ROOT / default
    from google.colab import files  # type: ignore[import-not-found]

    chosen = files.upload()
    if not chosen:
        print(f"Nothing was chosen; going on with {default}.")
        return ROOT / default
    return Path(next(iter(chosen))).resolve()


def command(*arguments: object) -> None:
    """Run ``python main.py ...`` and show what it says; a mistake is one sentence, not a traceback."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(done.stdout.strip())
    if done.returncode:
        raise SystemExit(done.returncode)


def show(*paths: object, height: int = 360) -> Image:
    """Pictures side by side, ``height`` pixels high, as one picture that the notebook displays."""
    from PIL import Image

    shown = []
    for path in paths:
        image = Image.open(str(path)).convert("RGBA")
        shown.append(image.resize((max(1, round(image.width * height / image.height)), height)))
    strip = Image.new("RGBA", (sum(image.width + 8 for image in shown) - 8, height), (0, 0, 0, 0))
    left = 0
    for image in shown:
        strip.paste(image, (left, 0))
        left += image.width + 8
    return strip


def download(path: object) -> None:
    """Hand the file over: on Colab to your browser, elsewhere by saying where it lies."""
    if on_colab():
        from google.colab import files

        files.download(str(path))
    else:
        print(f"The result is {Path(str(path)).resolve()}")


def studio(port: int = PORT) -> subprocess.Popen[bytes]:
    """Start the whole studio and print its address; on Colab through its own port proxy. ``.terminate()`` ends it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    health = f"http://localhost:{port}/_stcore/health"
    for _ in range(120):
        if server.poll() is not None:
            raise SystemExit("The studio ended at once; `python -m streamlit run app.py` shows why.")
        try:
            with urllib.request.urlopen(health, timeout=2):
                break
        except OSError:
            time.sleep(0.5)
    else:
        server.terminate()
        raise SystemExit("The studio did not answer within a minute; try again.")
    if on_colab():
        from google.colab import output

        link = output.eval_js(f"google.colab.kernel.proxyPort({port})")
        print(f"The studio: {link}")
        output.serve_kernel_port_as_iframe(port, height=900)
    else:
        print(f"The studio: http://localhost:{port}")
    return server


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        raise SystemExit("usage: python colab.py install")
    install()
