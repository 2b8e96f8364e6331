#!/bin/bash
# A folder of images in parts, by GNU parallel, on this machine or on those that PARALLEL names (`export PARALLEL='-S host1,host2'`,
# with the folders at the same place everywhere):
#   deploy/batch-parallel.sh 4 PHOTOS MODEL RESULTS
# On one machine without a GPU one `smug batch` alone keeps every core busy and holds the model once.
set -euo pipefail
shards=$1 photos=$2 model=$3 results=$4
smug=${SMUG:-smug}

# A part that ends with an error is tried once more, where it was; --halt never: one failed image stops no other part.
seq "$shards" | parallel --jobs "${JOBS:-2}" --retries 2 --halt never --line-buffer --tagstring 'part {}' \
  "$smug" batch "$photos" --model "$model" --out "$results" --shard "{}/$shards" || true
exec "$smug" batch merge "$results"
