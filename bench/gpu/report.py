"""Makes bench/results/cuda.md of what proof.sh kept: report.py FOLDER > cuda.md"""
import json
import sys
from pathlib import Path

folder = Path(sys.argv[1])
text = {name: (folder / f'{name}.txt').read_text().strip() if (folder / f'{name}.txt').exists() else 'not run'
        for name in ('device', 'tests', 'memcheck', 'check')}  # fmt: skip
rows, ceilings = {}, {}
for line in (folder / 'measurements.jsonl').read_text().splitlines():
    found = json.loads(line)
    if 'ceilings' in found:
        ceilings = found['ceilings']
    else:
        rows[found['network'], found['steps'], found['images'], found['engine']] = found

ours = {'tf32': 'smug cuda tf32', 'bf16': 'smug cuda bf16'}
rivals = [f'PyTorch {mode}' for mode in ('eager', 'tuned', 'compile')]
print('# CUDA engine: attribution on a GPU\n')
print(f'{text["device"]}. PyTorch {ceilings.get("torch", "?")}, CUDA {ceilings.get("cuda", "?")}. Made by `bench/gpu/proof.sh`.\n')
print('Images a second: integrated gradients of the predicted class at the first layer, midpoint rule, random weights '
      'and activations, activations from the host, the 3,000 highest scores back on the host; median of repeated runs. '
      '`tuned` is PyTorch with TF32, channels last and cuDNN\'s search; `compile` is that through torch.compile.\n')
print('| network | steps | images | ours TF32 | ours BF16 | eager | tuned | compile | TF32 ÷ eager | TF32 ÷ best rival | share of TF32 ceiling | share of copy ceiling |')
print('|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|')


def speed(found):
    return f'{found["imagesPerSecond"]:.1f}' if found else '–'


for network, steps, images in sorted({key[:3] for key in rows}, key=lambda key: (key[0] != 'squeezenet', key)):
    at = lambda engine: rows.get((network, steps, images, engine))
    mine, other = at(ours['tf32']), [at(rival) for rival in rivals]
    rates = [found['imagesPerSecond'] for found in other if found]
    ratio = lambda value: f'{mine["imagesPerSecond"] / value:.2f}' if mine and value else '–'
    share = f'{100 * mine["tflops"] / ceilings["tf32Tflops"]:.0f} %' if mine and 'tf32Tflops' in ceilings else '–'
    moved = f'{100 * mine["gigabytesPerSecond"] / ceilings["copyGBs"]:.0f} %' if mine and 'copyGBs' in ceilings else '–'
    cells = [network, steps, images, speed(mine), speed(at(ours['bf16'])), *map(speed, other),
             ratio(other[0] and other[0]['imagesPerSecond']), ratio(max(rates, default=0)), share, moved]  # fmt: skip
    print('| ' + ' | '.join(map(str, cells)) + ' |')
if ceilings:
    print(f'\nCeilings measured on the same card: TF32 matrix product {ceilings["tf32Tflops"]:.0f} TFLOP/s, BF16 '
          f'{ceilings["bf16Tflops"]:.0f} TFLOP/s (8192³), copy {ceilings["copyGBs"]:.0f} GB/s read and written. The share '
          'counts the operations of convolutions and dense layers, forward and backward; that of the copy every value '
          'written and read once in both directions.')
for title, name in (('Tests on the device', 'tests'), ('Memory checker', 'memcheck'), ('Rounded arithmetic', 'check')):
    print(f'\n## {title}\n\n```\n{text[name]}\n```')
