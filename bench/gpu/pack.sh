#!/usr/bin/env bash
# Packs what bench/gpu/proof.sh needs on a machine without network: sources, CUTLASS's headers. No toolkit, no Node.
# Writes build/gpu-proof.tar.gz; unpack it there and run bench/gpu/proof.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
headers=${CUTLASS_ROOT:-.native-deps/cutlass}
[[ -d $headers/include/cutlass ]] || { echo "pack.sh: no CUTLASS under $headers; run: npm run setup -- --cuda" >&2; exit 1; }
mkdir -p build
tar -czf build/gpu-proof.tar.gz --transform "s,^$headers/,cutlass/," CMakeLists.txt cmake native bench/gpu "$headers/include"
ls -l build/gpu-proof.tar.gz
