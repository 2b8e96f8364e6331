"""Infidelity, ROAD, its imputation, rank correlations and max-sensitivity by PyPI quantus==0.6.0: prints quantus-faithfulness.json.

python3 -m venv V && V/bin/pip install quantus==0.6.0 && V/bin/python test/evaluation/quantus-faithfulness.py
"""
import json

import numpy as np
import quantus
from quantus.functions.perturb_func import noisy_linear_imputation
from quantus.functions.similarity_func import correlation_spearman
from quantus.helpers import utils
from quantus.helpers.model.model_interface import ModelInterface
from scipy.optimize import minimize_scalar

# Quantus wraps networks of PyTorch and TensorFlow only; this one is NumPy.
utils.get_wrapped_model = lambda model, **_: model
rng = np.random.default_rng(5)
np.random.seed(5)
SIDE, CLASSES = 10, 3
SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9]


class Network(ModelInterface):
    """Softmax of a dense layer over tanh of the pixels."""

    def __init__(self, weights):
        super().__init__(None)
        self.weights = weights

    def predict(self, x, **_):
        logits = np.tanh(x.reshape(len(x), -1)) @ self.weights
        powers = np.exp(logits)
        return powers / powers.sum(axis=1, keepdims=True)

    def shape_input(self, x, shape, **_):
        return x.reshape(-1, *shape[1:])

    def get_model(self):
        return self

    get_softmax_arg_model = state_dict = None
    get_random_layer_generator = random_layer_generator_length = None
    add_mean_shift_to_first_layer = get_hidden_representations = None


Network.__abstractmethods__ = frozenset()


def infidelity(model, x, target, scores):
    """Quantus multiplies scores by what is taken from each pixel; ours are per hidden pixel, whatever it had."""
    metric = quantus.Infidelity(
        perturb_baseline=0.0, perturb_patch_sizes=[2], n_perturb_samples=1, disable_warnings=True
    )
    [value] = metric(model=model, x_batch=x, y_batch=np.array([target]), a_batch=scores / x)
    return float(value)


cases = []
for at in range(4):
    weights = np.round(rng.normal(size=(SIDE * SIDE, CLASSES)) / 3, 3)
    model = Network(weights)
    x = np.round(rng.uniform(0.2, 1.5, size=(1, 1, SIDE, SIDE)), 3)
    target = int(np.argmax(model.predict(x)))
    scores = np.round(weights[:, target].reshape(x.shape) * x + rng.normal(size=x.shape) * at / 5, 3)
    best = minimize_scalar(
        lambda scale: infidelity(model, x, target, scale * scores), bounds=(0, 2), method="bounded",
        options=dict(xatol=1e-10),
    )
    road = quantus.ROAD(
        percentages=[100 * share for share in SHARES], noise=0.0, disable_warnings=True, display_progressbar=False
    )(model=model, x_batch=x, y_batch=np.array([target]), a_batch=scores)
    other = np.round(scores + rng.normal(size=x.shape), 0)
    cases.append(
        {
            "weights": weights.ravel().tolist(),
            "pixels": x.ravel().tolist(),
            "target": target,
            "scores": scores.ravel().tolist(),
            "infidelity": float(best.fun),
            "road": [float(road[100 * share]) for share in SHARES],
            "other": other.ravel().tolist(),
            "spearman": float(correlation_spearman(scores.ravel(), other.ravel())),
        }
    )

sensitivities = []
for at in range(3):
    model = Network(np.round(rng.normal(size=(SIDE * SIDE, CLASSES)), 3))
    x = np.round(rng.normal(size=(1, 1, SIDE, SIDE)), 3)
    noisy = []

    def explain(model, inputs, targets, **_):
        maps = np.round(np.sin(3 * inputs), 4)
        noisy.extend(maps.reshape(len(maps), -1).tolist())
        return maps

    scores = explain(model, x, None)
    noisy.clear()
    [value] = quantus.MaxSensitivity(nr_samples=6, lower_bound=0.1 * (at + 1), disable_warnings=True)(
        model=model, x_batch=x, y_batch=np.zeros(1, int), a_batch=scores, explain_func=explain
    )
    sensitivities.append({"scores": scores.ravel().tolist(), "noisy": noisy, "value": float(value)})

imputations = []
for height, width, share in [(6, 7, 0.3), (9, 5, 0.6), (8, 8, 0.95)]:
    picture = np.round(rng.normal(size=(2, height, width)), 3)
    removed = rng.permutation(height * width)[: int(share * height * width)]
    filled = noisy_linear_imputation(picture, removed, noise=0.0)
    imputations.append(
        {
            "height": height,
            "width": width,
            "planes": picture.reshape(2, -1).tolist(),
            "removed": sorted(removed.tolist()),
            "filled": filled.reshape(2, -1).tolist(),
        }
    )
print(json.dumps({"cases": cases, "sensitivities": sensitivities, "imputations": imputations}))
