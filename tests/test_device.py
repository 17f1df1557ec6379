"""The device policy, as a table."""

import pytest

from diffusion.device import Gpu, Machine, decide

T4 = Gpu("Tesla T4", (7, 5), 15.0)
A10 = Gpu("NVIDIA A10G", (8, 6), 22.0)
OLD = Gpu("GeForce GTX 1080", (6, 1), 7.5)
FULL = Gpu("GeForce RTX 3060", (8, 6), 2.5)


@pytest.mark.parametrize(
    ("machine", "kind", "dtype", "offload", "reason"),
    [
        (Machine(T4, False, True, 12), "cuda", "float16", False, "has no bfloat16"),
        (Machine(A10, False, True, 64), "cuda", "bfloat16", False, "computes in bfloat16"),
        (Machine(OLD, False, False, 32), "cuda", "float32", True, "no fast half precision"),
        (Machine(FULL, False, False, 32), "cuda", "bfloat16", True, "take turns"),
        (Machine(None, True, False, 16), "mps", "float16", False, "Apple"),
        (Machine(None, False, True, 16), "cpu", "bfloat16", False, "multiplies bfloat16 itself"),
        (Machine(None, False, False, 16), "cpu", "float32", False, "no bfloat16 units"),
        (Machine(None, False, False, 3), "cpu", "float32", False, "very slow"),
    ],
)
def test_the_best_that_the_machine_can_do(machine, kind, dtype, offload, reason):
    found = decide(machine, need_gb=4)
    print(found, "-", found.reason)
    assert (found.kind, found.dtype, found.offload) == (kind, dtype, offload)
    assert reason in found.reason
    assert found.reason.endswith(".")


def test_float32_counts_twice():
    gpu = Gpu("GeForce GTX 1080", (6, 1), 9.0)
    assert not decide(Machine(gpu, False, False, 32), need_gb=4.5).offload
    assert decide(Machine(gpu, False, False, 32), need_gb=4.6).offload
