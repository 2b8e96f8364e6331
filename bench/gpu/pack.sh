#!/usr/bin/env bash
# Packs what bench/gpu/proof.sh needs on a machine without network and without a checkout: sources, and with --built
# FOLDER the programs of a build folder as well, so that nothing need be compiled there. No toolkit, no Node.
# Writes build/gpu-proof.tar.gz; unpack it there and run bench/gpu/proof.sh [--built built].
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mkdir -p build
rm -rf build/gpu-pack
mkdir build/gpu-pack
cp -r CMakeLists.txt cmake native bench build/gpu-pack/
if [[ ${1:-} == --built ]]; then
  mkdir build/gpu-pack/built
  for program in "$2"/native/cuda/device/cuda_*; do
    [[ -f $program && -x $program ]] && strip -o "build/gpu-pack/built/$(basename "$program")" "$program"
  done
fi
tar -czf build/gpu-proof.tar.gz -C build/gpu-pack .
rm -rf build/gpu-pack
size=$(stat -c %s build/gpu-proof.tar.gz)
echo "build/gpu-proof.tar.gz: $((size / 1024)) KiB"
((size <= 40 * 1024 * 1024)) || { echo 'pack.sh: more than 40 MiB' >&2; exit 1; }
