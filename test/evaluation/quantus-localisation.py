"""AUC, pointing game and relevance mass of a few maps by PyPI quantus==0.6.0: prints quantus-localisation.json.

python3 -m venv V && V/bin/pip install quantus==0.6.0 && V/bin/python test/evaluation/quantus-localisation.py
"""
import json

import numpy as np
from quantus import AUC, PointingGame, RelevanceMassAccuracy

rng = np.random.default_rng(11)
cases = []
for at in range(4):
    scores = np.round(rng.random((6, 7)), 3)
    truth = np.zeros((6, 7), dtype=bool)
    truth[1 + at % 2 : 5, 2 : 4 + at] = True
    arguments = dict(
        model=None,
        x_batch=np.zeros((1, 1, 6, 7)),
        y_batch=np.zeros(1, int),
        a_batch=scores[None, None],
        s_batch=truth[None, None],
    )
    quiet = dict(disable_warnings=True, abs=False, normalise=False)
    [auc] = AUC(**quiet)(**arguments)
    [pointing] = PointingGame(**quiet)(**arguments)
    [mass] = RelevanceMassAccuracy(**quiet)(**arguments)
    cases.append(
        {
            "scores": scores.ravel().tolist(),
            "truth": truth.ravel().astype(int).tolist(),
            "auc": float(auc),
            "pointing": float(pointing),
            "mass": float(mass),
        }
    )
print(json.dumps(cases, indent=1))
