#!/usr/bin/env bash
# The form of the C++ and CUDA sources, as .clang-format says: checks it, or mends it with --write.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mode=(--dry-run -Werror)
[[ "${1:-}" == --write ]] && mode=(-i)
git ls-files -z 'native/*.h' 'native/*.cc' 'native/*.cu' 'binding/*.h' 'binding/*.cc' 'cmake/*.cc' \
  | grep -zv '^native/cuda/' | xargs -0 clang-format "${mode[@]}"
