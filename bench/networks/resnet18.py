"""Writes ResNet-18 with seeded random weights as torchvision makes it and PyTorch's exporter writes it: resnet18.py FILE."""
import sys

import torch
import torchvision

torch.manual_seed(18)
network = torchvision.models.resnet18(weights=None).eval()
torch.onnx.export(
    network,
    (torch.zeros(1, 3, 224, 224),),
    sys.argv[1],
    input_names=["x"],
    output_names=["y"],
    opset_version=18,
    external_data=False,
)
