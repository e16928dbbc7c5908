"""A GPU for tests on machines that have none: its tensors have devices, dtypes and shapes, and no values.

Tensors on the CPU stay real. What goes wrong on a GPU goes wrong here: operations on tensors of two devices,
products of two precisions, and, as nothing has a value, every look at one, which would wait for a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

PRODUCTS = frozenset(
    {
        "linear",
        "matmul",
        "mm",
        "addmm",
        "bmm",
        "baddbmm",
        "conv1d",
        "conv2d",
        "conv_transpose2d",
        "convolution",
        "scaled_dot_product_attention",
        "_native_multi_head_attention",
    }
)


class FakeCuda(TorchDispatchMode):
    """While it is active, `cuda` is a device.

    Attributes:
        products: Precisions of the products so far.
        copied_back: Sizes of the tensors that were copied to the CPU so far; each waits for the GPU.
    """

    def __init__(self) -> None:
        super().__init__()
        self.products: set[torch.dtype] = set()
        self.copied_back: list[torch.Size] = []
        self._fake = FakeTensorMode()

    def __enter__(self) -> FakeCuda:
        with self._fake:
            pass  # has torch's core ask no driver from now on
        self._lifted = torch._C._only_lift_cpu_tensors()
        torch._C._set_only_lift_cpu_tensors(True)  # `torch.tensor(..., device="cuda")` begins on the CPU
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        torch._C._set_only_lift_cpu_tensors(self._lifted)

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        leaves = tree_leaves((args, kwargs))
        if not any(isinstance(leaf, FakeTensor) or _is_cuda(leaf) for leaf in leaves):
            return func(*args, **kwargs)
        self._check_product(func, leaves)
        with self._fake:
            args, kwargs = tree_map_only(Tensor, self._faked, (args, kwargs))
            result = func(*args, **kwargs)
        return tree_map_only(FakeTensor, self._returned, result)

    def _check_product(self, func: Any, leaves: list[Any]) -> None:
        if func.overloadpacket.__name__ not in PRODUCTS:
            return
        tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor) and leaf.is_floating_point()]
        dtypes = {tensor.dtype for tensor in tensors}
        assert len(dtypes) == 1, f"{func} of {[(tuple(t.shape), t.dtype) for t in tensors]}"
        self.products |= dtypes

    def _faked(self, tensor: Tensor) -> Tensor:
        return tensor if isinstance(tensor, FakeTensor) else self._fake.from_tensor(tensor)

    def _returned(self, tensor: FakeTensor) -> Tensor:
        """What is copied to the CPU is real again, and full of zeros."""
        if tensor.device.type == "cuda":
            return tensor
        self.copied_back.append(tensor.shape)
        return torch.zeros(tensor.shape, dtype=tensor.dtype)


def _is_cuda(leaf: object) -> bool:
    return isinstance(leaf, torch.device) and leaf.type == "cuda"


@contextmanager
def fake_cuda(monkeypatch: pytest.MonkeyPatch, *, free_bytes: int = 2**34) -> Iterator[FakeCuda]:
    """One fake CUDA device with so much free memory."""
    if not torch.cuda.is_available():
        monkeypatch.setattr(torch.cuda, "_lazy_init", lambda: None)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (free_bytes, free_bytes))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 0)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 0)
    with FakeCuda() as cuda:
        yield cuda
