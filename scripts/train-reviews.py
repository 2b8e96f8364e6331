"""Trains the built-in text model, reviews-cnn, and writes models/reviews-cnn/.

    python3 -m venv .bench-env && .bench-env/bin/pip install -r scripts/train-builtin.requirements.txt
    .bench-env/bin/python scripts/train-reviews.py [FOLDER]

Data: the movie-review sentences rt-polarity.neg.txt and rt-polarity.pos.txt (Pang and Lee 2005) of FOLDER, by default
../shared/text. Every tenth sentence of each file is held out; nothing of these touches training, neither the vocabulary
nor the choice of a snapshot: the weights written are the average of the last epochs, whatever their accuracy. The
settings were chosen on another tenth, with the held-out one set aside. Seeds, thread count and deterministic kernels
are fixed, so a run repeats itself on the same machine and version of PyTorch.
"""

import json
import math
import pathlib
import sys
from collections import Counter

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "text"
NAME = "reviews-cnn"
SEED = 2021
LABELS = ["negative", "positive"]
# What Keras' Tokenizer filters; the apostrophe stays.
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
PADDING, UNKNOWN = 0, 1
LENGTH = 500
DIMENSIONS, FILTER_COUNT, WINDOW = 32, 128, 3
EPOCHS, AVERAGED, BATCH = 10, 4, 64


def words_of(text):
    """Keras' text_to_word_sequence."""
    spaced = text.lower().translate({ord(char): " " for char in FILTERS})
    return [word for word in spaced.split(" ") if word]


def read_sentences():
    """Pairs of words and label: training and held out."""
    train, held_out = [], []
    for label, name in enumerate(("neg", "pos")):
        # Lines end in line feeds; some sentences hold U+0085, at which splitlines would cut.
        lines = (FOLDER / f"rt-polarity.{name}.txt").read_text(encoding="utf8").split("\n")
        for number, line in enumerate(line for line in lines if line.strip()):
            (held_out if number % 10 == 9 else train).append((words_of(line), label))
    return train, held_out


def make_vocabulary(sentences):
    """Word to index, most frequent first; words that occur once teach the model what an unknown word is."""
    counts = Counter(word for words, _ in sentences for word in words)
    known = sorted((word for word in counts if counts[word] > 1), key=lambda word: (-counts[word], word))
    return {word: index for index, word in enumerate(known, start=2)}


def encode(sentences, vocabulary):
    """Indices [n, longest + 2] and labels. Two positions of padding follow every sentence, as at full length."""
    longest = max(len(words) for words, _ in sentences)
    indices = torch.full((len(sentences), longest + 2), PADDING)
    for row, (words, _) in enumerate(sentences):
        indices[row, : len(words)] = torch.tensor([vocabulary.get(word, UNKNOWN) for word in words])
    return indices, torch.tensor([float(label) for _, label in sentences])


class ReviewsNetwork(nn.Module):
    """embedding, convolution over three words, ReLU, global max pooling, dense; one sigmoid output, as a logit."""

    def __init__(self, words):
        super().__init__()
        # Padding is the zero vector and stays so: it tells the convolution nothing.
        self.embedding = nn.Embedding(words, DIMENSIONS, padding_idx=PADDING)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.embedding.weight.data[PADDING] = 0
        self.convolution = nn.Conv1d(DIMENSIONS, FILTER_COUNT, WINDOW, padding=WINDOW // 2)
        self.dropout = nn.Dropout(0.5)
        self.dense = nn.Linear(FILTER_COUNT, 1)

    def forward(self, indices):
        if self.training:
            forgotten = (torch.rand(indices.shape) < 0.1) & (indices > UNKNOWN)
            indices = torch.where(forgotten, UNKNOWN, indices)
        embedded = self.embedding(indices).transpose(1, 2)
        pooled = functional.relu(self.convolution(embedded)).amax(2)
        return self.dense(self.dropout(pooled)).squeeze(1)


def train_network(model, indices, labels):
    generator = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
    steps = math.ceil(len(indices) / BATCH) * EPOCHS
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=steps)
    average = [torch.zeros_like(parameter) for parameter in model.parameters()]
    for epoch in range(EPOCHS):
        model.train()
        total = 0.0
        for rows in torch.randperm(len(indices), generator=generator).split(BATCH):
            smooth = labels[rows] * 0.9 + 0.05
            loss = functional.binary_cross_entropy_with_logits(model(indices[rows]), smooth)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            # No filter is on by itself: what is on, words have switched on, and a mask must keep one of them.
            model.convolution.bias.data.clamp_(max=0)
            total += loss.item() * len(rows)
        if epoch >= EPOCHS - AVERAGED:
            for mean, parameter in zip(average, model.parameters()):
                mean += parameter.detach() / AVERAGED
        print(f"  epoch {epoch + 1:2d}/{EPOCHS}: loss {total / len(indices):.4f}", flush=True)
    for mean, parameter in zip(average, model.parameters()):
        parameter.data.copy_(mean)
    model.eval()


def write_model(model, vocabulary):
    """model.onnx (opset 13), class names as Hugging Face declares them, words as Keras does."""
    initializers = []

    def weight(name, tensor):
        initializers.append(numpy_helper.from_array(numpy.ascontiguousarray(tensor.detach().numpy()), name))
        return name

    nodes = [
        helper.make_node("Gather", [weight("embeddings", model.embedding.weight), "words"], ["embedded"], axis=0),
        helper.make_node("Transpose", ["embedded"], ["turned"], perm=[0, 2, 1]),
        helper.make_node(
            "Conv",
            ["turned", weight("kernel", model.convolution.weight), weight("bias", model.convolution.bias)],
            ["windows"], kernel_shape=[WINDOW], pads=[WINDOW // 2] * 2,
        ),
        helper.make_node("Relu", ["windows"], ["features"]),
        helper.make_node("GlobalMaxPool", ["features"], ["strongest"]),
        helper.make_node("Flatten", ["strongest"], ["pooled"], axis=1),
        helper.make_node(
            "Gemm", ["pooled", weight("dense", model.dense.weight), weight("dense_bias", model.dense.bias)],
            ["score"], transB=1,
        ),
        helper.make_node("Sigmoid", ["score"], ["positive"]),
    ]
    graph = helper.make_graph(
        nodes, NAME,
        [helper.make_tensor_value_info("words", TensorProto.INT64, ["N", LENGTH])],
        [helper.make_tensor_value_info("positive", TensorProto.FLOAT, ["N", 1])],
        initializers,
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(proto)
    folder = ROOT / "models" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(proto, folder / "model.onnx")
    labels = {"id2label": {str(index): label for index, label in enumerate(LABELS)}}
    (folder / "config.json").write_text(json.dumps(labels, indent=2) + "\n")
    declaration = {
        "lower": True, "filters": FILTERS, "split": " ",
        "padding": "post", "truncating": "post", "maxlen": LENGTH, "padding_index": PADDING, "oov_index": UNKNOWN,
        "word_index": {"<pad>": PADDING, "<unk>": UNKNOWN, **vocabulary},
    }
    text = json.dumps(declaration, ensure_ascii=False, separators=(",", ":"))
    (folder / "text_config.json").write_text(text + "\n", encoding="utf8")


def main():
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    train, held_out = read_sentences()
    vocabulary = make_vocabulary(train)
    print(f"{len(train)} sentences to train on, {len(held_out)} held out, {len(vocabulary)} words")
    model = ReviewsNetwork(len(vocabulary) + 2)
    train_network(model, *encode(train, vocabulary))
    indices, labels = encode(held_out, vocabulary)
    with torch.no_grad():
        right = int(((model(indices) > 0) == (labels > 0.5)).sum())
    print(f"{NAME}: {100 * right / len(labels):.2f} % of the held-out sentences ({right} of {len(labels)})")
    write_model(model, vocabulary)


main()
