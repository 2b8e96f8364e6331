"""The rivals of bench/attribution.mjs: PyTorch and Captum on the same tail, weights and activations.

Reads one JSON request a line, answers with one JSON line: {"ms": …, "completeness": …}. The graph comes as JSON in
the form of lib/graph/graph.ts, its constants as little-endian float32 files.
"""
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F


def padded(x, pads, value=0.0):
    """Asymmetric padding of the spatial axes, [begin…, end…] as in the graph."""
    rank = len(pads) // 2
    pairs = [p for axis in reversed(range(rank)) for p in (pads[axis], pads[axis + rank])]
    return F.pad(x, pairs, value=value) if any(pairs) else x


def symmetric(pads):
    rank = len(pads) // 2
    return tuple(pads[:rank]) if pads[:rank] == pads[rank:] else None


class Tail(torch.nn.Module):
    def __init__(self, folder):
        super().__init__()
        graph = json.loads((folder / "graph.json").read_text())
        self.nodes = graph["nodes"]
        self.entry_name, self.output = graph["input"], graph["output"]
        for name, shape in graph["constants"].items():
            data = np.fromfile(folder / f"{graph['files'][name]}.bin", dtype="<f4").reshape(shape)
            self.register_buffer("c_" + graph["files"][name], torch.from_numpy(data.copy()))
        self.files = graph["files"]
        self.entry = torch.nn.Identity()  # the layer that Captum integrates over

    def forward(self, a):
        values = {self.entry_name: self.entry(a)}
        for node in self.nodes:
            x = [values[i] if i in values else getattr(self, "c_" + self.files[i]) for i in node["inputs"]]
            values[node["output"]] = self.run(node, x)
        return values[self.output]

    def run(self, n, x):
        op = n["op"]
        if op == "conv":
            pad = symmetric(n["pads"])
            source = x[0] if pad is not None else padded(x[0], n["pads"])
            bias = x[2] if len(x) > 2 else None
            return F.conv2d(source, x[1], bias, tuple(n["strides"]), pad or 0, tuple(n["dilations"]), n["groups"])
        if op == "relu":
            return F.relu(x[0])
        if op == "clip":
            return torch.clamp(x[0], n["min"], n["max"])
        if op == "maxPool":
            pad = symmetric(n["pads"])
            source = x[0] if pad is not None else padded(x[0], n["pads"], -float("inf"))
            return F.max_pool2d(source, n["kernel"], n["strides"], pad or 0, n["dilations"], n["ceil"])
        if op == "averagePool":
            pad = symmetric(n["pads"])
            if pad is None:
                raise ValueError("average pooling with asymmetric padding")
            return F.avg_pool2d(x[0], n["kernel"], n["strides"], pad, n["ceil"], n["countIncludePad"])
        if op == "reduceMean":
            return x[0].mean(dim=n["axes"], keepdim=n["keepDims"])
        if op == "concat":
            return torch.cat(x, dim=n["axis"])
        if op == "reshape":
            return x[0].reshape([x[0].shape[0]] + n["shape"][1:])
        if op == "dense":
            return x[0] @ x[1] + (x[2] if len(x) > 2 else 0)
        if op == "affine":
            extra = [1] * (x[0].dim() - 2)
            return x[0] * x[1].reshape(-1, *extra) + x[2].reshape(-1, *extra)
        if op == "lrn":
            return F.local_response_norm(x[0], n["size"], n["alpha"], n["beta"], n["bias"])
        if op == "softmax":
            return torch.softmax(x[0], dim=n["axis"])
        if op == "add":
            return x[0] + x[1]
        if op == "mul":
            return x[0] * x[1]
        if op == "pad":
            return padded(x[0], n["pads"][2:4] + n["pads"][6:8], n["value"])
        if op == "transpose":
            return x[0].permute(n["perm"])
        if op == "identity":
            return x[0]
        raise ValueError(f"no operation {op}")


def quadrature(tail, a, target, points, weights, batch):
    total = torch.zeros_like(a)
    for first in range(0, len(points), batch):
        alphas = torch.tensor(points[first : first + batch], dtype=torch.float32).reshape(-1, 1, 1, 1)
        x = (alphas * a).requires_grad_(True)
        F_x = tail(x)[:, target].sum()
        (gradient,) = torch.autograd.grad(F_x, x)
        factors = torch.tensor(weights[first : first + batch], dtype=torch.float32).reshape(-1, 1, 1, 1)
        total += (factors * gradient).sum(dim=0, keepdim=True)
    return total * a


def legendre(n):
    points, weights = np.polynomial.legendre.leggauss(n)
    return ((points + 1) / 2).tolist(), (weights / 2).tolist()


def attribute(tail, a, target, method):
    if method == "gl8":
        return quadrature(tail, a, target, *legendre(8), 10)
    if method == "gl50":
        return quadrature(tail, a, target, *legendre(50), 10)
    if method == "riemann200":
        return quadrature(tail, a, target, [(i + 1) / 200 for i in range(200)], [1 / 200] * 200, 10)
    if method == "captum":
        from captum.attr import LayerIntegratedGradients

        return LayerIntegratedGradients(tail, tail.entry).attribute(a, target=target)
    raise ValueError(method)


def crops(network, x, boxes, target, batch):
    """The class's output on every box [left, top, right, bottom] of a picture, each enlarged to the whole of it."""
    sides = x.shape[2:]
    values = []
    with torch.no_grad():
        for first in range(0, len(boxes), batch):
            parts = [
                F.interpolate(x[:, :, top:bottom, left:right], size=sides, mode="bilinear", align_corners=False)
                for left, top, right, bottom in boxes[first : first + batch]
            ]
            values += network(torch.cat(parts))[:, target].tolist()
    return values


def main():
    torch.set_num_threads(int(sys.argv[1]))
    tails = {}
    print(json.dumps({"torch": torch.__version__, "onednn": torch.backends.mkldnn.is_available()}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        folder = Path(request["folder"])
        if folder not in tails:
            tails = {folder: Tail(folder).eval()}
            for parameter in tails[folder].parameters():
                parameter.requires_grad_(False)
        tail = tails[folder]
        a = torch.from_numpy(np.fromfile(request["activation"], dtype="<f4").reshape(request["shape"]).copy())
        start, cpu = time.perf_counter(), time.process_time()
        if "boxes" in request:
            values = crops(tail, a, request["boxes"], request["target"], request["batch"])
            print(json.dumps({"ms": (time.perf_counter() - start) * 1e3, "values": values}), flush=True)
            continue
        scores = attribute(tail, a, request["target"], request["method"])
        ms, cpu_ms = (time.perf_counter() - start) * 1e3, (time.process_time() - cpu) * 1e3
        with torch.no_grad():
            ends = tail(torch.cat([a, torch.zeros_like(a)]))[:, request["target"]]
        difference = float(ends[0] - ends[1])
        error = abs(float(scores.double().sum()) - difference) / max(abs(difference), 1e-12)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"ms": ms, "cpuMs": cpu_ms, "completeness": error, "peakBytes": peak}), flush=True)


main()
