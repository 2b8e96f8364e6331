"""Gini index and entropy of a few maps by PyPI quantus==0.6.0: prints quantus-complexity.json.

python3 -m venv V && V/bin/pip install quantus==0.6.0 && V/bin/python test/evaluation/quantus-complexity.py
"""
import json

import numpy as np
from quantus import Complexity, Sparseness

rng = np.random.default_rng(7)
maps = [
    rng.normal(size=(4, 5)),
    np.where(rng.random((4, 5)) < 0.6, 0, rng.random((4, 5))),
    np.arange(20.0).reshape(4, 5),
]
cases = []
for scores in maps:
    scores = np.round(scores, 4)
    # Both take |a|; what normalises the maps beforehand changes neither.
    arguments = dict(model=None, x_batch=np.zeros((1, 1, 4, 5)), y_batch=np.zeros(1, int), a_batch=scores[None, None])
    [gini] = Sparseness(disable_warnings=True)(**arguments)
    [entropy] = Complexity(disable_warnings=True)(**arguments)
    cases.append({"scores": scores.ravel().tolist(), "gini": float(gini), "entropy": float(entropy)})
print(json.dumps(cases, indent=1))
