"""Makes bench/results/cuda.md of what proof.sh kept: report.py FOLDER > cuda.md"""
import json
import re
import sys
from pathlib import Path

folder = Path(sys.argv[1])


def text(name):
    file = folder / f'{name}.txt'
    return file.read_text().strip() if file.exists() else 'not run'


rows, ceilings = {}, {}
for line in (folder / 'measurements.jsonl').read_text().splitlines():
    found = json.loads(line)
    if 'ceilings' in found:
        ceilings = found['ceilings']
    else:
        rows[found['network'], found['images'], found['engine']] = found

networks = ('squeezenet', 'googlenet', 'inception_v3')
print('# CUDA engine: attribution on a GPU\n')
print(f'{text("device")}. PyTorch {ceilings.get("torch", "?")}, CUDA {ceilings.get("cuda", "?")}, same card, same run. Made by '
      '`bench/gpu/proof.sh`.\n')
print('Images a second: integrated gradients of the predicted class at the first layer, 50 steps by the midpoint rule, '
      'random weights and activations, activations from the host, the 3,000 highest scores back on the host; median of '
      'repeated runs. `eager` is PyTorch as it comes, `tuned` allows TF32, lies channels last and lets cuDNN search, '
      '`autocast` is `tuned` under bfloat16, `compile` is `tuned` through torch.compile. –: not measured.\n')
print('| network | images | ours TF32 | ours BF16 | eager | tuned | autocast | compile | TF32 ÷ tuned | TF32 ÷ compile | '
      'BF16 ÷ tuned | BF16 ÷ compile |')
print('|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|')
engines = ['smug cuda tf32', 'smug cuda bf16', *(f'PyTorch {mode}' for mode in ('eager', 'tuned', 'bf16', 'compile'))]


def speed(found):
    return f'{found["imagesPerSecond"]:.1f}' if found else '–'


def ratio(mine, other):
    return f'{mine["imagesPerSecond"] / other["imagesPerSecond"]:.2f}' if mine and other else '–'


for network in networks:
    for images in (64, 8, 1):
        tf32, bf16, eager, tuned, autocast, compiled = (rows.get((network, images, engine)) for engine in engines)
        if not (tf32 or bf16):
            continue
        cells = [network, images, *map(speed, (tf32, bf16, eager, tuned, autocast, compiled)), ratio(tf32, tuned),
                 ratio(tf32, compiled), ratio(bf16, tuned), ratio(bf16, compiled)]  # fmt: skip
        print('| ' + ' | '.join(map(str, cells)) + ' |')
if ceilings:
    print(f'\nCeilings measured in the same run: TF32 matrix product {ceilings["tf32Tflops"]:.0f} TFLOP/s, BF16 '
          f'{ceilings["bf16Tflops"]:.0f} TFLOP/s (8192³), copy {ceilings["copyGBs"]:.0f} GB/s read and written. At 64 images '
          'our engine keeps busy:\n')
    for network in networks:
        for engine in engines[:2]:
            found = rows.get((network, 64, engine))
            if found:
                print(f'- {network} {engine.split()[-1].upper()}: {found["tflops"]:.0f} TFLOP/s of convolutions and dense '
                      f'layers, forward and backward; {found["deviceMiB"]:.0f} MiB on the card; layers by kernel: '
                      f'{found["kernels"]}')
left = text('left-out')
if left != 'not run':
    print('\nLeft out for want of time: ' + '; '.join(left.splitlines()) + '.')
for title, name in (('Tests on the device', 'tests'), ('compute-sanitizer', 'sanitizer'),
                    ('Rounded arithmetic beside FP32', 'check')):  # fmt: skip
    print(f'\n## {title}\n\n```\n{text(name)}\n```')
print('\n## Where the time goes\n\nOne micro-batch of 200 samples; shares by kind of launch, and the longest launches.')
for network in networks:
    for precision in ('tf32', 'bf16'):
        profile = text(f'profile-{network}-{precision}')
        if profile == 'not run':
            continue
        lines = [line.rstrip() for line in profile.splitlines()[1:]]
        gap = lines.index('') if '' in lines else len(lines)
        kinds = sorted(lines[1:gap], key=lambda line: -float(re.match(r' *([\d.]+)', line).group(1)))
        print(f'\n```\n' + '\n'.join([lines[0], *kinds[:8], '', *lines[gap + 1:gap + 7]]) + '\n```')
