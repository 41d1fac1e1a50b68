"""Writes kernels.json: results of NumPy and SciPy for the reference kernels. Run: python3 kernels.py > kernels.json"""

import json
import platform

import numpy as np
import scipy
from scipy import signal, special

rng = np.random.default_rng(1)


def value(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": [float(x) for x in array.ravel()]}


def case(primitive, inputs, attributes, result):
    return {"primitive": primitive, "inputs": [value(x) for x in inputs], "attributes": attributes, "result": value(result)}


def numbers(*shape):
    return np.round(rng.uniform(-2, 2, shape), 3)


def conv(x, w, stride, padding, dilation, groups):
    """Each image and channel by scipy.signal.correlate with a kernel spread by the dilation."""
    x = np.pad(x, [(0, 0), (0, 0), *padding])
    kernel = [d * (k - 1) + 1 for k, d in zip(w.shape[2:], dilation)]
    spread = np.zeros((*w.shape[:2], *kernel))
    spread[(slice(None), slice(None), *[slice(None, None, d) for d in dilation])] = w
    per_group = w.shape[0] // groups
    images = []
    for image in x:
        channels = []
        for o in range(w.shape[0]):
            first = (o // per_group) * w.shape[1]
            channels.append(sum(signal.correlate(image[first + c], spread[o, c], mode="valid", method="direct") for c in range(w.shape[1])))
        images.append(channels)
    y = np.array(images)
    return y[(slice(None), slice(None), *[slice(None, None, s) for s in stride])]


def windows(x, kernel, stride, padding, dilation, fill):
    x = np.pad(x, [(0, 0), (0, 0), *padding], constant_values=fill)
    extent = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    axes = tuple(range(2, x.ndim))
    view = np.lib.stride_tricks.sliding_window_view(x, extent, axis=axes)
    view = view[(slice(None), slice(None), *[slice(None, None, s) for s in stride])]
    return view[(Ellipsis, *[slice(None, None, d) for d in dilation])], tuple(range(-len(kernel), 0))


def convolutions():
    for x, w, stride, padding, dilation, groups in [
        ((2, 3, 9), (4, 3, 3), [1], [[0, 0]], [1], 1),
        ((2, 2, 11), (3, 2, 4), [2], [[1, 2]], [2], 1),
        ((2, 3, 7, 6), (4, 3, 3, 2), [1, 1], [[0, 0], [0, 0]], [1, 1], 1),
        ((1, 2, 8, 9), (3, 2, 3, 3), [2, 3], [[1, 1], [0, 2]], [1, 2], 1),
        ((2, 4, 5, 5), (6, 2, 3, 3), [1, 1], [[1, 1], [1, 1]], [1, 1], 2),
        ((1, 3, 6, 6), (6, 1, 2, 2), [2, 2], [[0, 1], [1, 0]], [1, 1], 3),
    ]:
        x, w = numbers(*x), numbers(*w)
        attributes = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        yield case("conv", [x, w], attributes, conv(x, w, stride, padding, dilation, groups))


def pools():
    for x, kernel, stride, padding, dilation in [
        ((2, 3, 9), [3], [2], [[1, 1]], [1]),
        ((2, 2, 6, 8), [2, 2], [2, 2], [[0, 0], [0, 0]], [1, 1]),
        ((1, 2, 7, 6), [3, 2], [2, 1], [[1, 0], [0, 1]], [1, 1]),
        ((1, 2, 8, 7), [2, 3], [1, 2], [[1, 0], [0, 2]], [3, 2]),
    ]:
        x = numbers(*x)
        window = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
        view, axes = windows(x, kernel, stride, padding, dilation, -np.inf)
        yield case("maxPool", [x], window, view.max(axes))
        if dilation == [1] * len(dilation):
            window = {"kernel": kernel, "stride": stride, "padding": padding}
            zero, _ = windows(x, kernel, stride, padding, dilation, 0)
            ones, _ = windows(np.ones_like(x), kernel, stride, padding, dilation, 0)
            yield case("averagePool", [x], {**window, "countIncludePad": True}, zero.mean(axes))
            yield case("averagePool", [x], {**window, "countIncludePad": False}, zero.sum(axes) / ones.sum(axes))


def others():
    for a, b in [((3, 4), (4, 5)), ((2, 1, 3, 4), (3, 4, 2))]:
        a, b = numbers(*a), numbers(*b)
        yield case("matmul", [a, b], {}, a @ b)
    x, y = numbers(40), numbers(40)
    yield case("erf", [3 * x], {}, special.erf(3 * x))
    yield case("round", [np.round(2 * x) / 2], {}, np.round(np.round(2 * x) / 2))
    yield case("mod", [x, y], {}, np.mod(x, y))
    yield case("sign", [x], {}, np.sign(x))
    yield case("atan", [x], {}, np.arctan(x))
    z = numbers(2, 3, 4)
    yield case("reduceSum", [z], {"axes": [0, 2]}, z.sum((0, 2)))
    yield case("reduceMax", [z], {"axes": [1]}, z.max(1))
    yield case("transpose", [z], {"permutation": [2, 0, 1]}, z.transpose(2, 0, 1))
    yield case("slice", [z], {"start": [0, 1, 0], "end": [2, 3, 4], "step": [1, 1, 3]}, z[0:2, 1:3, 0:4:3])
    yield case("broadcast", [z[:, :1]], {"shape": [2, 2, 5, 4]}, np.broadcast_to(z[:, :1], (2, 2, 5, 4)))


print(
    json.dumps(
        {
            "generator": "packages/tensor/test/golden/kernels.py",
            "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
            "cases": [*convolutions(), *pools(), *others()],
        }
    )
)
