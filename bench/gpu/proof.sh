#!/usr/bin/env bash
# The proof on a GPU, in one command: needs nvcc 12 or later, cmake, a C++20 compiler and python3 with PyTorch (or programs
# built elsewhere and PyTorch); no Node, no network. What matters most comes first, and what the minutes do not suffice
# for is left out and named:
#   device tests (fresh random inputs, the seed is printed); memcheck, racecheck and initcheck of one test per kernel
#   family; TF32 and BF16 beside FP32, repeated runs; then per network and size our engine and PyTorch compiled, tuned
#   and eager; then every launch of one micro-batch, sorted by its share; then PyTorch under BF16 autocast.
#
#   bench/gpu/proof.sh [--minutes M] [--built FOLDER] [--seconds S] [OUTPUT_FOLDER]
#
# --minutes (12): all of it, building included, ends within so many. --built: a folder with the programs. --seconds (1): of
# every measurement. OUTPUT_FOLDER (default build/gpu-results) gets cuda.md for bench/results/, measurements.jsonl and logs.
# Ends with status 1 when anything was wrong, 3 without a GPU. A checkout that is to travel: bench/gpu/pack.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

minutes=12 built='' seconds=1 output=build/gpu-results
while (($#)); do
  case $1 in
    --minutes) minutes=$2; shift ;;
    --built) built=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    -*) echo "proof.sh: unknown option $1 (see the head of the script)" >&2; exit 2 ;;
    *) output=$1 ;;
  esac
  shift
done
mkdir -p "$output"
output=$(realpath "$output")
end=$(awk "BEGIN { print int($minutes * 60) }")
seed=${SMUG_SEED:-$RANDOM}
failed=0
section() { printf '\n── %s (%d s)\n' "$1" $SECONDS; }
left() { echo $((end - SECONDS)); }
# room SECONDS WHAT: whether so much time is left; notes what is left out.
room() {
  (($(left) >= $1)) && return 0
  echo "$2" >>"$output/left-out.txt"
  return 1
}
rm -f "$output"/{left-out,measurements,tests,check,sanitizer,profile}*

programs=$built
if [[ -z $built ]]; then
  section 'build'
  folder=build/gpu-proof programs=build/gpu-proof/native/cuda/device
  architectures=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -1 | tr -d . || true)
  options=(-DSMUG_WITH_CUDA=ON -DSMUG_TESTS=ON -DSMUG_WITH_CPU=OFF)
  [[ -n $architectures ]] && options+=("-DSMUG_CUDA_ARCHITECTURES=$architectures-real")
  command -v ninja >/dev/null && options+=(-G Ninja)
  cmake -S . -B "$folder" "${options[@]}" >"$output/configure.log" 2>&1 || { tail -20 "$output/configure.log" >&2; exit 1; }
  cmake --build "$folder" --target cuda_device_tests --parallel "$(nproc)" >"$output/build.log" 2>&1 ||
    { tail -40 "$output/build.log" >&2; exit 1; }
fi

# Ends here, with one line, where there is no device.
"$programs/cuda_benchmark" --device | tee "$output/device.txt"

# one_test NAME KIND COMMAND… : a device test under COMMAND; a line on it.
one_test() {
  local name=$1 log=$output/$2-$1.log
  shift 2
  # Under a checker a few shapes, networks and layouts have to do.
  local few=()
  [[ ${3:-} == compute-sanitizer ]] && case $name in algorithms | networks | reduction) few=(1) ;; esac
  if "$@" "$programs/cuda_device_${name}_test" "$seed" "${few[@]}" >"$log" 2>&1; then
    echo "passed: $(grep ' checks, ' "$log" | tail -n 1)"
  elif (($? == 124)); then
    echo "NOT DONE in its time: $name"
  else
    echo "FAILED: $name: $(grep -E 'FAILED|ERROR|Error|what' "$log" | head -n 3 | tr '\n' ';')"
  fi
}

# torch.compile takes minutes; what it made stays in its cache, so that it can be timed later without that.
compiling=()
for network in googlenet squeezenet; do
  python3 bench/gpu/rival.py --networks $network --steps 50 --images 64 --modes compile --seconds 0 \
    >"$output/compile-$network.log" 2>&1 &
  compiling+=($!)
done

section "tests on the device, seed $seed"
started=()
for program in "$programs"/cuda_device_*_test; do
  name=$(basename "$program" _test)
  one_test "${name#cuda_device_}" test timeout 120 >>"$output/tests.txt" &
  started+=($!)
done
wait "${started[@]}"
sort -o "$output/tests.txt" "$output/tests.txt"
cat "$output/tests.txt"
grep -qE 'FAILED|NOT DONE' "$output/tests.txt" && failed=1

section 'memcheck, racecheck and initcheck'
if ! command -v compute-sanitizer >/dev/null; then
  echo 'compute-sanitizer is not installed: not run' | tee "$output/sanitizer.txt"
elif room 120 'compute-sanitizer'; then
  # One test per kernel family, all beside one another and beside torch.compile, which needs processors only.
  started=()
  for tool in memcheck racecheck initcheck; do
    for name in reduction algorithms networks pointwise movement; do
      [[ $tool == initcheck && $name != pointwise ]] && continue
      echo "$tool $(one_test $name $tool timeout 75 compute-sanitizer --tool $tool --error-exitcode 9)" >>"$output/sanitizer.txt" &
      started+=($!)
    done
  done
  wait "${started[@]}"
  sort -o "$output/sanitizer.txt" "$output/sanitizer.txt"
  cat "$output/sanitizer.txt"
  grep -qE 'FAILED|NOT DONE' "$output/sanitizer.txt" && failed=1
fi

section 'rounded arithmetic beside FP32, repeated runs'
room 60 'rounded arithmetic' && { timeout 60 "$programs/cuda_benchmark" --check | tee "$output/check.txt" || failed=1; }

section 'benchmark beside PyTorch'
wait "${compiling[@]}" || true  # nothing else may use the card from here on
keep() { tee -a "$output/measurements.jsonl"; }
# within WHAT COMMAND… : for the time that is left; notes what was cut off.
within() {
  local what=$1
  shift
  local status=0
  timeout $(($(left) > 8 ? $(left) - 8 : 1)) "$@" || status=$?
  ((status == 124)) || return $status
  echo "$what" >>"$output/left-out.txt"
}
for network in googlenet squeezenet inception_v3; do
  for precision in tf32 bf16; do
    room 12 "$network $precision" || continue
    within "$network $precision" "$programs/cuda_benchmark" $network 50 64,8,1 $precision "$seconds" |
      { grep '^{' || true; } | keep || failed=1
  done
  [[ $network == inception_v3 ]] || within "torch.compile of $network" python3 bench/gpu/rival.py --networks $network \
    --steps 50 --images 64 --modes compile --seconds "$seconds" 2>>"$output/compile-$network.log" | keep || failed=1
done
within 'PyTorch, some sizes' python3 bench/gpu/rival.py --ceilings --networks inception_v3,googlenet,squeezenet --steps 50 \
  --images 64,8,1 --modes tuned,eager --seconds "$seconds" | keep || failed=1

section 'profile'
for network in googlenet squeezenet inception_v3; do
  for precision in bf16 tf32; do
    room 7 "profile of $network $precision" &&
      "$programs/cuda_benchmark" --profile $network $precision >"$output/profile-$network-$precision.txt"
  done
done
if room 40 'PyTorch under autocast'; then
  within 'PyTorch under autocast, some sizes' python3 bench/gpu/rival.py --networks squeezenet,googlenet,inception_v3 \
    --steps 50 --images 64,8,1 --modes bf16 --seconds "$seconds" | keep || failed=1
fi

section 'report'
python3 bench/gpu/report.py "$output" >"$output/cuda.md"
cat "$output/cuda.md"
exit $failed
