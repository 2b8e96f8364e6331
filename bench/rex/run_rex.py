"""ReX (PyPI rex-xai) on tensors of pictures: one JSON line each on stdout.

python run_rex.py MODEL.onnx MASKS TENSOR.npy...

ReX is run as its own command, with its defaults, on the processor; of what it writes into its database the sufficient mask and the
time are read. The mask goes to MASKS/NAME.mask, a byte per pixel.
"""
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

here = Path(__file__).parent
model, masks, *tensors = sys.argv[1:]
command = Path(sys.executable).with_name("ReX")

for tensor in tensors:
    with tempfile.TemporaryDirectory() as folder:
        settings, database = os.path.join(folder, "rex.toml"), os.path.join(folder, "rex.db")
        Path(settings).write_text("[rex]\ngpu = false\nseed = 1\n")
        words = [command, tensor, "-c", settings, "--script", here / "preprocess.py", "--model", model, "-db", database, "-q"]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        row = sqlite3.connect(database).execute(
            "select target, confidence, time, sufficiency_mask, mask_shape, total_work from rex"
        ).fetchone()
    target, confidence, seconds, mask, shape, work = row
    pixels = zlib.decompress(mask)
    height, width = [int(size) for size in shape.strip("()[] ").split(",") if size.strip()][-2:]
    # A mask with channels says the same for each.
    pixels = pixels[: height * width]
    Path(masks, Path(tensor).stem + ".mask").write_bytes(pixels)
    found = {"tensor": tensor, "target": target, "seconds": seconds, "area": sum(1 for one in pixels if one) / len(pixels), "work": work}
    print(json.dumps(found), flush=True)
