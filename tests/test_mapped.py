"""Pages of mapped files that are given back."""

import mmap
import sys
from pathlib import Path

import pytest

from diffusion import mapped

MEGABYTES = 8

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory of mapped files is given back on Linux alone")


def resident(file: Path) -> int:
    """Kilobytes of a file's mappings that are in this process's memory."""
    kilobytes, ours = 0, False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        if "-" in line.split()[0]:
            ours = line.endswith(str(file))
        elif ours and line.startswith("Rss:"):
            kilobytes += int(line.split()[1])
    return kilobytes


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "weights of a model.bin"
    path.write_bytes(bytes(range(256)) * (MEGABYTES * 4096))
    return path


def test_pages_that_were_read_are_given_back_and_read_again(file):
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as mapping:
        before = bytes(mapping)
        assert resident(file) == MEGABYTES * 1024
        with mapped.released_as_read(file):
            assert bytes(mapping[:4096]) == before[:4096]
        assert resident(file) == 0
        assert bytes(mapping) == before


def test_a_mapping_that_can_be_written_to_keeps_its_pages(file):
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 0, flags=mmap.MAP_PRIVATE) as mapping:
        mapping[:4] = b"mine"
        assert mapped.release(file) == 0
        assert mapping[:4] == b"mine"


def test_a_compiled_network_holds_no_page_of_its_file(tmp_path):
    openvino = pytest.importorskip("openvino", reason="openvino is not installed")
    import numpy as np
    import torch

    from diffusion.compiled import Compiled

    weights = np.random.default_rng(0).standard_normal((2048, 1024), np.float32)
    entry = openvino.opset13.parameter([1, 2048], np.float32)
    model = openvino.Model([openvino.opset13.matmul(entry, openvino.opset13.constant(weights), False, False)], [entry])
    openvino.save_model(model, tmp_path / "model.xml", compress_to_fp16=False)
    network = Compiled(tmp_path, "float32")
    (answer,) = network(torch.ones(1, 2048))
    np.testing.assert_allclose(answer[0].numpy(), weights.sum(axis=0), rtol=1e-3, atol=1e-3)
    held = resident(tmp_path / "model.bin")
    assert held < weights.nbytes / 1024 / 10, f"{held} kB of the file are still in memory"
