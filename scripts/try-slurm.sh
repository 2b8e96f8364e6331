#!/bin/bash
# Runs deploy/batch-array.sh on a real Slurm of one node, on loopback, in a folder of its own:
#   apt-get install slurm-wlm munge; sudo scripts/try-slurm.sh
# An array of four tasks; two of them once more; the merge, held against one run over everything. Ends with status 0 where all is as
# it must be. Needs root, as slurmd does.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
for program in munged slurmctld slurmd sbatch; do
  command -v "$program" >/dev/null || PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || {
    echo "$program is missing: apt-get install slurm-wlm munge" >&2
    exit 2
  }
done
PATH=$PATH:/usr/sbin
home=$(mktemp -d)
pids=()
finish() {
  # In turn: whoever is left behind would wait for the others.
  for ((at = ${#pids[@]} - 1; at >= 0; at--)); do kill "${pids[at]}" 2>/dev/null && wait "${pids[at]}" 2>/dev/null || true; done
  rm -rf "$home"
}
trap finish EXIT

mkdir -m 700 "$home/munge"
mkdir "$home/state" "$home/spool" "$home/photos"
chmod 711 "$home"
head -c 1024 /dev/urandom >"$home/munge/key"
chmod 600 "$home/munge/key"
name=$(hostname -s)
cat >"$home/slurm.conf" <<CONF
ClusterName=smug
SlurmctldHost=$name(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$home/munge/socket
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool
SlurmctldPidFile=$home/slurmctld.pid
SlurmdPidFile=$home/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldPort=16817
SlurmdPort=16818
NodeName=$name NodeAddr=127.0.0.1 CPUs=2 RealMemory=3000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$home/slurm.conf
munged --foreground --force --key-file "$home/munge/key" --socket "$home/munge/socket" --pid-file "$home/munge/pid" \
  --log-file "$home/munge/log" --seed-file "$home/munge/seed" >"$home/munged.log" 2>&1 &
pids+=($!)
until [ -S "$home/munge/socket" ]; do sleep 0.1; done
slurmctld -D >"$home/slurmctld.log" 2>&1 &
pids+=($!)
slurmd -D >"$home/slurmd.log" 2>&1 &
pids+=($!)
for _ in $(seq 50); do sinfo -h -o %t 2>/dev/null | grep -q idle && break; sleep 0.2; done
sinfo

printf '#!/bin/bash\nexec "%s" "%s" "$@"\n' "$(command -v node)" "$root/dist/cli.js" >"$home/smug"
chmod +x "$home/smug"
export SMUG=$home/smug SHARDS=4
for at in $(seq 10 29); do cp "$root/examples/digits/$((at % 10)).png" "$home/photos/$at.png"; done
submit() {
  timeout 300 sbatch --wait --array="$1" --cpus-per-task=1 --mem=1G -o "$home/task-%a.out" "$root/deploy/batch-array.sh" \
    "$home/photos" builtin:mnist-fc "$home/shards" || { cat "$home"/task-*.out >&2; return 1; }
}
submit 0-3
lines() { cat "$home"/shards/shards/*/journal.jsonl | wc -l; }
before=$(lines)
submit 1,3
[ "$(lines)" = "$before" ] || { echo 'tasks handed in once more did finished images again' >&2; exit 1; }
"$SMUG" batch merge "$home/shards" >/dev/null
"$SMUG" batch "$home/photos" --model builtin:mnist-fc --out "$home/whole" >/dev/null
settled() { sed 's/"timing":{[^}]*},//' "$1/index.jsonl"; }
diff <(settled "$home/shards") <(settled "$home/whole") || { echo 'the merged index differs from that of one run' >&2; exit 1; }
echo "as it must be: $(wc -l <"$home/shards/index.jsonl") images, $before lines of journals"
