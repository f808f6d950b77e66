#!/bin/sh
# The short form of the plan in ablation-plan.md: trains every arm from one trunk under each seed, and scores it on the
# whole brains of the validation side. Goes on from what is there when run again.
#   docs/results/ablation.sh DATA TRUNK RUNS      TRUNK: a Model folder; SEEDS="1 3" for some seeds only
set -e
data=$1 trunk=$2 runs=$3
quorum="${QUORUM:-node dist/cli/main.js}"
split=docs/results/split.json
mkdir -p "$runs"
# During training one patient is scored, since the endpoint is scored below.
node -e '
const { readFileSync, writeFileSync } = require("node:fs");
const [from, to] = process.argv.slice(1);
const { train } = JSON.parse(readFileSync(from, "utf8"));
writeFileSync(to, JSON.stringify({ train, validation: ["BraTS20_Training_014"] }));
' $split "$runs/split.json"
arm() {
  name=$1 decoupling=$2 steps=$3 seed=$4
  [ -f "$runs/$name-$seed.scores/summary.json" ] && return
  indicators=
  [ "$decoupling" = mean ] && indicators="--indicators-every 5"
  # shellcheck disable=SC2086
  $quorum train "$data/brains" "$data/brats2020-cubes" --weights 3,1 --split "$runs/split.json" --initial "$trunk" \
    --width 0.25 --objectives sampled:5 --decoupling "$decoupling" --region-weights learned \
    --loss batch-dice+cross-entropy --steps "$steps" --lr 0.0008 --batch 1 --crop 48 --seed "$seed" $indicators \
    --validate-every 0 --checkpoint-every 50 --threads 1 --out "$runs/$name-$seed" --run "$runs/$name-$seed.run" \
    > "$runs/$name-$seed.log" 2>&1
  $quorum evaluate "$data/brains" --force --split $split --side validation --model "$runs/$name-$seed" --threads 1 \
    --out "$runs/$name-$seed.scores" >> "$runs/$name-$seed.log" 2>&1
  echo "$(date) $name-$seed"
}
for seed in ${SEEDS:-1 2 3 4}; do
  arm mean mean 200 "$seed"
  arm paper paper 200 "$seed"
  arm pcgrad pcgrad 200 "$seed"
  arm mean-long mean 416 "$seed"
done
