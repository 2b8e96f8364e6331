"""Integrated gradients in PyTorch beside cuda_benchmark: the same tails of networks (networks.cc), images, steps, and
outcome (the 3,000 highest scores of every image on the host). One JSON line a measurement.

    rival.py [--device cuda] [--networks a,b] [--steps 16,50] [--images 1,8,64] [--modes eager,tuned,bf16,compile] [--seconds 3]
    rival.py --ceilings        what the card can do: a large TF32 and BF16 matrix product, a large copy

Modes: `eager` is PyTorch as it comes; `tuned` allows TF32 and lies channels last, with cuDNN's search for the fastest
algorithm; `bf16` is `tuned` under autocast to bfloat16; `compile` is `tuned` through torch.compile. Each uses the best of
a few micro-batch sizes.
"""
import argparse
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

TOP_K = 3000


class Conv(nn.Sequential):
    def __init__(self, inputs, outputs, kernel, stride=1, padding=0):
        super().__init__(nn.Conv2d(inputs, outputs, kernel, stride, padding), nn.ReLU(inplace=True))
        nn.init.kaiming_uniform_(self[0].weight, nonlinearity='relu')


class Branches(nn.Module):
    """Concatenation of what several modules make of one input."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class Head(nn.Module):
    """Mean over the map, a dense layer unless the maps are the classes, softmax."""

    def __init__(self, channels=None):
        super().__init__()
        self.dense = nn.Linear(channels, 1000) if channels else nn.Identity()

    def forward(self, x):
        return F.softmax(self.dense(x.mean((2, 3))), 1)


def pool():
    return nn.MaxPool2d(3, 2, ceil_mode=True)


def squeezenet():
    def fire(inputs, squeeze, expand):
        return nn.Sequential(
            Conv(inputs, squeeze, 1), Branches(Conv(squeeze, expand, 1), Conv(squeeze, expand, 3, padding=1))
        )

    return (64, 113), nn.Sequential(
        pool(), fire(64, 16, 64), fire(128, 16, 64), pool(), fire(128, 32, 128), fire(256, 32, 128), pool(),
        fire(256, 48, 192), fire(384, 48, 192), fire(384, 64, 256), fire(512, 64, 256), Conv(512, 1000, 1), Head(),
    )  # fmt: skip


def googlenet():
    def module(inputs, one, three_reduce, three, five_reduce, five, projection):
        return Branches(
            Conv(inputs, one, 1),
            nn.Sequential(Conv(inputs, three_reduce, 1), Conv(three_reduce, three, 3, padding=1)),
            nn.Sequential(Conv(inputs, five_reduce, 1), Conv(five_reduce, five, 5, padding=2)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), Conv(inputs, projection, 1)),
        )

    def lrn():
        return nn.LocalResponseNorm(5, 1e-4, 0.75, 1.0)

    return (64, 112), nn.Sequential(
        pool(), lrn(), Conv(64, 64, 1), Conv(64, 192, 3, padding=1), lrn(), pool(),
        module(192, 64, 96, 128, 16, 32, 32), module(256, 128, 128, 192, 32, 96, 64), pool(),
        module(480, 192, 96, 208, 16, 48, 64), module(512, 160, 112, 224, 24, 64, 64),
        module(512, 128, 128, 256, 24, 64, 64), module(512, 112, 144, 288, 32, 64, 64),
        module(528, 256, 160, 320, 32, 128, 128), pool(),
        module(832, 256, 160, 320, 32, 128, 128), module(832, 384, 192, 384, 48, 128, 128), Head(1024),
    )  # fmt: skip


def inception_v3():
    def average():
        return nn.AvgPool2d(3, 1, 1)

    def a(inputs, projection):
        return Branches(
            Conv(inputs, 64, 1),
            nn.Sequential(Conv(inputs, 48, 1), Conv(48, 64, 5, padding=2)),
            nn.Sequential(Conv(inputs, 64, 1), Conv(64, 96, 3, padding=1), Conv(96, 96, 3, padding=1)),
            nn.Sequential(average(), Conv(inputs, projection, 1)),
        )

    def wide(inputs, outputs):
        return Conv(inputs, outputs, (1, 7), padding=(0, 3))

    def tall(inputs, outputs):
        return Conv(inputs, outputs, (7, 1), padding=(3, 0))

    def c(k):
        return Branches(
            Conv(768, 192, 1),
            nn.Sequential(Conv(768, k, 1), wide(k, k), tall(k, 192)),
            nn.Sequential(Conv(768, k, 1), tall(k, k), wide(k, k), tall(k, k), wide(k, 192)),
            nn.Sequential(average(), Conv(768, 192, 1)),
        )

    def fork(inputs):
        return Branches(Conv(inputs, 384, (1, 3), padding=(0, 1)), Conv(inputs, 384, (3, 1), padding=(1, 0)))

    def e(inputs):
        return Branches(
            Conv(inputs, 320, 1),
            nn.Sequential(Conv(inputs, 384, 1), fork(384)),
            nn.Sequential(Conv(inputs, 448, 1), Conv(448, 384, 3, padding=1), fork(384)),
            nn.Sequential(average(), Conv(inputs, 192, 1)),
        )

    shrink = Branches(
        Conv(288, 384, 3, 2),
        nn.Sequential(Conv(288, 64, 1), Conv(64, 96, 3, padding=1), Conv(96, 96, 3, 2)),
        nn.MaxPool2d(3, 2),
    )
    shrink_again = Branches(
        nn.Sequential(Conv(768, 192, 1), Conv(192, 320, 3, 2)),
        nn.Sequential(Conv(768, 192, 1), wide(192, 192), tall(192, 192), Conv(192, 192, 3, 2)),
        nn.MaxPool2d(3, 2),
    )
    return (32, 149), nn.Sequential(
        Conv(32, 32, 3), Conv(32, 64, 3, padding=1), nn.MaxPool2d(3, 2), Conv(64, 80, 1), Conv(80, 192, 3),
        nn.MaxPool2d(3, 2), a(192, 32), a(256, 64), a(288, 64), shrink, c(128), c(160), c(160), c(192), shrink_again,
        e(1280), e(2048), Head(2048),
    )  # fmt: skip


def attribute(model, activations, targets, steps, micro, layout, halves):
    """Top scores of every image; activations: [images, C, H, W] on the host."""
    device = next(model.parameters()).device
    a = activations.to(device, non_blocking=True).contiguous(memory_format=layout)
    images = a.shape[0]
    alphas = ((torch.arange(steps, device=device) + 0.5) / steps).repeat(images)
    image = torch.arange(images, device=device).repeat_interleave(steps)
    wanted = targets.to(device)[image]
    total = torch.zeros_like(a)
    for start in range(0, images * steps, micro):
        part = slice(start, start + micro)
        x = (alphas[part, None, None, None] * a[image[part]]).contiguous(memory_format=layout).requires_grad_(True)
        with torch.autocast(device.type, torch.bfloat16, enabled=halves):
            probabilities = model(x)
        value = probabilities.gather(1, wanted[part, None]).sum()
        (gradient,) = torch.autograd.grad(value, x)
        total.index_add_(0, image[part], gradient)
    scores = (total * a / steps).flatten(1)
    top = scores.topk(min(TOP_K, scores.shape[1]))
    return top.values.cpu(), top.indices.cpu()


def measure(name, mode, steps, images, seconds, device):
    torch.manual_seed(1)
    tuned = mode != 'eager'
    torch.backends.cuda.matmul.allow_tf32 = tuned
    torch.backends.cudnn.allow_tf32 = True  # PyTorch's own default, for convolutions
    torch.backends.cudnn.benchmark = tuned
    layout = torch.channels_last if tuned else torch.contiguous_format
    (channels, size), model = globals()[name]()
    model = model.to(device).to(memory_format=layout).eval().requires_grad_(False)
    if mode == 'compile':
        model = torch.compile(model, dynamic=False)
    activations = torch.rand(images, channels, size, size).mul_(2).sub_(1).relu_()
    if device == 'cuda':
        activations = activations.pin_memory()
    targets = torch.randint(0, 1000, (images,))
    total = images * steps
    # Every size is a compilation of its own, so that mode gets one; parts are all of one size.
    sizes = [128] if mode == 'compile' else [64, 256]
    sizes = sorted({max(d for d in range(1, min(m, total) + 1) if total % d == 0) for m in sizes})

    def once(micro):
        start = time.perf_counter()
        attribute(model, activations, targets, steps, micro, layout, mode == 'bf16')
        return time.perf_counter() - start

    best = None
    for micro in sizes:
        try:
            if once(micro) < 0.3:
                once(micro)
            candidate = (once(micro), micro)
        except torch.cuda.OutOfMemoryError:
            torch.cuda.empty_cache()
            continue
        best = min(best or candidate, candidate)
    times = []
    while len(times) < 3 or (sum(times) < seconds and len(times) < 200):
        times.append(once(best[1]))
    median = statistics.median(times)
    print(json.dumps({
        'engine': f'PyTorch {mode}', 'network': name, 'steps': steps, 'images': images, 'seconds': median,
        'fastest': min(times), 'slowest': max(times), 'imagesPerSecond': images / median, 'microBatch': best[1],
    }), flush=True)  # fmt: skip


def ceilings():
    def seconds(work, repeats=20):
        for _ in range(3):
            work()
        torch.cuda.synchronize()
        times = []
        for _ in range(repeats):
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            start.record()
            work()
            end.record()
            end.synchronize()
            times.append(start.elapsed_time(end) / 1000)
        return statistics.median(times)

    torch.backends.cuda.matmul.allow_tf32 = True
    n = 8192
    found = {'device': torch.cuda.get_device_name(), 'torch': torch.__version__, 'cuda': torch.version.cuda}
    for name, dtype in (('tf32', torch.float32), ('bf16', torch.bfloat16)):
        a, b = torch.randn(n, n, device='cuda', dtype=dtype), torch.randn(n, n, device='cuda', dtype=dtype)
        out = torch.empty_like(a)
        found[f'{name}Tflops'] = 2 * n**3 / seconds(lambda: torch.matmul(a, b, out=out)) / 1e12
    source = torch.randn(1 << 29, device='cuda')
    target = torch.empty_like(source)
    found['copyGBs'] = 2 * source.numel() * 4 / seconds(lambda: target.copy_(source)) / 1e9
    print(json.dumps({'ceilings': found}), flush=True)


def main():
    parser = argparse.ArgumentParser(description='Integrated gradients in PyTorch, timed.')
    parser.add_argument('--device', default='cuda')
    parser.add_argument('--networks', default='squeezenet,googlenet,inception_v3')
    parser.add_argument('--steps', default='16,50')
    parser.add_argument('--images', default='1,8,64')
    parser.add_argument('--modes', default='eager,tuned,bf16,compile')
    parser.add_argument('--seconds', type=float, default=3)
    parser.add_argument('--ceilings', action='store_true')
    options = parser.parse_args()
    if options.device == 'cuda' and not torch.cuda.is_available():
        sys.exit('rival.py: PyTorch sees no GPU')
    if options.ceilings:
        ceilings()
    for images in options.images.split(','):
        for name in options.networks.split(','):
            for mode in filter(None, options.modes.split(',')):
                for steps in options.steps.split(','):
                    measure(name, mode, int(steps), int(images), options.seconds, options.device)


if __name__ == '__main__':
    main()
