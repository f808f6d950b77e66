#!/usr/bin/env bash
# Six real sessions through the Snakemake workflow: on this machine, with one job killed on the way, and through a Slurm of one node
# where slurmd and munged are installed (as root). The tables must equal that of `quorum bids` alone, and say what `quorum segment FOLDER`
# says of the same cases. Run by hand: minutes.
# test/workflows/snakemake.sh [DATA [slurm]]
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${1:-${QUORUM_DATA:-../shared/data}}
if ! command -v snakemake >/dev/null || [ ! -d "$data/partial" ]; then
  echo "SKIPPED: snakemake or $data/partial is not there"
  exit 0
fi
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
quorum="node $PWD/dist/cli/main.js"
flow="snakemake -s workflows/snakemake/Snakefile --directory $work"

. test/workflows/realSessions.sh
real_sessions "$data" "$work/raw" 6 Six

echo '== quorum bids alone'
$quorum bids "$work/raw" "$work/alone" participant --device cpu > "$work/alone.txt"
$quorum bids "$work/raw" "$work/alone" group
table=group_desc-quorum_volumes.tsv
echo '== quorum segment FOLDER'
$quorum segment "$work/raw" --out "$work/cohort" --device cpu > "$work/cohort.txt"
$quorum table "$work/cohort" > /dev/null
node test/workflows/sameAsCohort.mjs "$work/alone/$table" "$work/cohort/table/cohort.csv"

# Starts a workflow, kills one job in its middle ($2: how), waits for the end and compares the tables.
run_and_kill() {
  local out=$1 murder=$2
  shift 2
  $flow "$@" --config bids="$work/raw" output="$out" quorum="$quorum" options="--device cpu" memory=3000 > "$out.txt" 2>&1 &
  local runner=$! victim=
  until victim=$(pgrep -f "^node .*main.js bids $work/raw $out participant" | tail -1) && [ -n "$victim" ]; do sleep 0.2; done
  sleep 2
  $murder "$victim"
  wait $runner || { tail -40 "$out.txt"; exit 1; }
  grep -q 'Trying to restart job' "$out.txt" || { tail -40 "$out.txt"; echo 'no job was tried again'; exit 1; }
  cmp "$work/alone/$table" "$out/$table"
  echo 'equal, and one job was tried again'
}

if [ "${2:-}" != slurm ]; then
  echo '== Snakemake on this machine, one job killed'
  run_and_kill "$work/local" "kill -KILL" --profile "$PWD/workflows/snakemake/profiles/local" --cores 2
  $flow --profile "$PWD/workflows/snakemake/profiles/local" --config bids="$work/raw" output="$work/local" quorum="$quorum" 2>&1 | grep -q 'Nothing to be done'
  echo 'run again: nothing to be done'
fi

if ! command -v slurmd >/dev/null || ! command -v munged >/dev/null || [ "$(id -u)" != 0 ]; then
  echo 'SKIPPED: Slurm is not installed, or this is not root'
  exit 0
fi
echo '== Snakemake through Slurm of one node'
host=$(hostname -s)
[ -s /etc/munge/munge.key ] || mungekey --create
pgrep munged >/dev/null || { mkdir -p /run/munge; chown munge: /run/munge; runuser -u munge -- munged; }
mkdir -p "$work/slurm"
cat > "$work/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
StateSaveLocation=$work/slurm/state
SlurmdSpoolDir=$work/slurm/spool
SlurmctldPidFile=$work/slurm/ctld.pid
SlurmdPidFile=$work/slurm/d.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=8000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$work/slurm.conf
slurmctld -D > "$work/slurm/ctld.txt" 2>&1 &
slurmd -D > "$work/slurm/d.txt" 2>&1 &
until sinfo -h -o %T 2>/dev/null | grep -q idle; do sleep 0.5; done
# As Slurm does when a job takes too much memory: the whole job goes.
kill_whole_job() { scancel --signal=KILL --full "$(squeue -h -t R -o %i | head -1)"; }
run_and_kill "$work/slurm-out" kill_whole_job --profile "$PWD/workflows/snakemake/profiles/slurm" --set-threads session=1 --latency-wait 5
