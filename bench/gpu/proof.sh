#!/usr/bin/env bash
# The proof on a GPU, in one command: needs nvcc 12 or later, cmake, a C++20 compiler and python3 with PyTorch; no Node,
# no network. Builds the CUDA engine with its tests for the card at hand, runs the tests (fresh random inputs, the seed
# is printed), again under compute-sanitizer where that is installed, then times attribution beside PyTorch.
#
#   bench/gpu/proof.sh [--built FOLDER] [--only build|tests|memcheck|check|bench] [--seconds S] [OUTPUT_FOLDER]
#
# --built takes binaries that were built elsewhere for this card and system. OUTPUT_FOLDER (default build/gpu-results)
# gets cuda.md for bench/results/, measurements.jsonl and logs. A checkout that is to travel: bench/gpu/pack.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

built= only= seconds=3 output=build/gpu-results
while (($#)); do
  case $1 in
    --built) built=$2; shift ;;
    --only) only=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    -*) echo "proof.sh: unknown option $1 (see the head of the script)" >&2; exit 2 ;;
    *) output=$1 ;;
  esac
  shift
done
wanted() { [[ -z $only || $only == "$1" ]]; }
section() { printf '\n── %s (%d s)\n' "$1" $SECONDS; }
mkdir -p "$output"
folder=${built:-build/gpu-proof}
seed=${SMUG_SEED:-$RANDOM}

if [[ -z $built ]] && { wanted build || [[ ! -x $folder/native/cuda/device/cuda_benchmark ]]; }; then
  section 'build'
  architectures=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -1 | tr -d . || true)
  options=(-DSMUG_WITH_CUDA=ON -DSMUG_TESTS=ON -DSMUG_WITH_CPU=OFF)
  [[ -n $architectures ]] && options+=("-DSMUG_CUDA_ARCHITECTURES=$architectures-real")
  [[ -d cutlass/include ]] && options+=("-DCUTLASS_ROOT=$PWD/cutlass")
  command -v ninja >/dev/null && options+=(-G Ninja)
  cmake -S . -B "$folder" "${options[@]}" >"$output/configure.log" 2>&1 || { tail -20 "$output/configure.log" >&2; exit 1; }
  cmake --build "$folder" --target cuda_device_tests --parallel "$(nproc)" >"$output/build.log" 2>&1 ||
    { tail -40 "$output/build.log" >&2; exit 1; }
fi
programs=$folder/native/cuda/device
[[ $only == build ]] && exit 0

# Ends here, with one line, where there is no device.
"$programs/cuda_benchmark" --device | tee "$output/device.txt"

failed=0
run_tests() {
  local program name
  for program in "$programs"/cuda_device_*_test; do
    name=$(basename "$program")
    if "$@" "$program" "$seed" >"$output/$name.log" 2>&1; then
      tail -n 1 "$output/$name.log"
    else
      failed=1
      echo "FAILED: $name"
      tail -n 15 "$output/$name.log"
    fi
  done
}
if wanted tests; then
  section "tests on the device, seed $seed"
  run_tests timeout 300 | tee "$output/tests.txt"
  grep -q '^FAILED' "$output/tests.txt" && failed=1
fi
if wanted memcheck; then
  section 'tests under compute-sanitizer memcheck'
  if command -v compute-sanitizer >/dev/null; then
    run_tests timeout 400 compute-sanitizer --tool memcheck --error-exitcode 9 | tee "$output/memcheck.txt"
    grep -q '^FAILED' "$output/memcheck.txt" && failed=1
  else
    echo 'compute-sanitizer is not installed: not run' | tee "$output/memcheck.txt"
  fi
fi
if wanted check; then
  section 'rounded arithmetic beside FP32, repeated runs'
  "$programs/cuda_benchmark" --check | tee "$output/check.txt" || failed=1
fi
if wanted bench; then
  section 'benchmark beside PyTorch'
  : >"$output/measurements.jsonl"
  keep() { tee -a "$output/measurements.jsonl"; }
  python3 bench/gpu/rival.py --ceilings | keep
  for network in squeezenet googlenet inception_v3; do
    for steps in 16 50; do
      for images in 1 8 64; do
        for precision in tf32 bf16; do
          "$programs/cuda_benchmark" $network $steps $images $precision | grep '^{' | keep
        done
        python3 bench/gpu/rival.py --networks $network --steps $steps --images $images --modes eager,tuned \
          --seconds "$seconds" | keep
      done
    done
  done
  # Compiling takes a minute a network and size: last, so that a lease that ends costs only this.
  python3 bench/gpu/rival.py --modes compile --seconds "$seconds" 2>"$output/compile.log" | keep || true
fi
[[ -s $output/measurements.jsonl ]] && python3 bench/gpu/report.py "$output" >"$output/cuda.md" && cat "$output/cuda.md"
exit $failed
