#!/bin/bash
# A folder of images in 10 parts, as a Slurm array:
#   sbatch deploy/batch-array.sh PHOTOS MODEL RESULTS
# Every task does the part that SLURM_ARRAY_TASK_ID says. A task that is killed or preempted is queued again and goes on where it
# was. Some of the tasks once more: sbatch --array=3,7 deploy/batch-array.sh PHOTOS MODEL RESULTS
# Once all are done: smug batch merge RESULTS
#SBATCH --job-name=smug-batch
#SBATCH --array=0-9
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail
photos=$1 model=$2 results=$3

# As many as --array has above. Said here, so that a few tasks handed in once more are still parts of the same ten.
SHARDS=${SHARDS:-10}

export SMUG_THREADS=${SLURM_CPUS_PER_TASK:-4}
exec "${SMUG:-smug}" batch "$photos" --model "$model" --out "$results" --shards "$SHARDS"
