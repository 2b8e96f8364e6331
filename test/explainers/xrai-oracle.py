"""What scikit-image and PAIR's `saliency` make of small pictures: oracle of xrai.test.ts.

python -m venv env && env/bin/pip install saliency==0.2.1 scikit-image==0.26.0 && env/bin/python xrai-oracle.py > xrai-oracle.json
"""
import json
import sys

import numpy as np
from saliency.core import xrai
from skimage.morphology import dilation, disk
from skimage.segmentation import felzenszwalb

random = np.random.default_rng(7)


def rounded(values):
    return [round(float(value), 6) for value in np.asarray(values).ravel()]


cases = []
for height, width, channels, scale, min_size in [(9, 11, 3, 60, 1), (14, 10, 1, 30, 6), (16, 18, 3, 40, 12), (12, 12, 2, 20, 3)]:
    # Float32, as the library has it; differences of such numbers are exact enough in both for every order to be the same.
    picture = random.random((height, width, channels)).astype(np.float32)
    labels = felzenszwalb(picture.astype(np.float64), scale=scale, sigma=0, min_size=min_size, channel_axis=-1)
    radius = 2
    masks = xrai._unpack_segs_to_masks([labels])
    masks = [dilation(mask, footprint=disk(radius)) for mask in masks]
    others = [random.random((height, width)) < 0.2 for _ in range(5)]
    attribution = random.standard_normal((height, width)).astype(np.float32)
    least = 4
    scores, _ = xrai.XRAI._xrai(attribution.astype(np.float64), masks + others, min_pixel_diff=least)
    cases.append(
        dict(
            height=height, width=width, channels=channels, scale=scale, minSize=min_size, radius=radius, least=least,
            picture=[float(value) for value in picture.ravel()],
            labels=labels.ravel().tolist(),
            dilated=[np.flatnonzero(mask).tolist() for mask in masks],
            others=[np.flatnonzero(mask).tolist() for mask in others],
            attribution=[float(value) for value in attribution.ravel()],
            scores=rounded(scores),
        )
    )

# A whole picture, made by a formula that both sides know; the scores at every 7th pixel of both axes.
side = 224
y, x = np.mgrid[0:side, 0:side].astype(np.float64)
channels = [np.sin(x / (9 + 4 * c)) * np.cos(y / (13 - 3 * c)) + (np.hypot(x - 90 - 20 * c, y - 120) < 50) for c in range(3)]
whole = np.stack(channels, axis=-1)
base = np.exp(-((x - 100) ** 2 + (y - 110) ** 2) / 2000) - 0.1 * np.sin(x / 17)
segments = xrai._get_segments_felzenszwalb(whole)
scores, _ = xrai.XRAI._xrai(base, segments)
json.dump(dict(cases=cases, whole=dict(segments=len(segments), scores=rounded(scores[::7, ::7]))), sys.stdout)
