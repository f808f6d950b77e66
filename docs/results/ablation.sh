#!/bin/sh
# The ablation of the results page: trains every method under two seeds on the same cut-outs, steps and batches, then fits
# region weights to the trained networks (a second run of one step whose learning rate changes nothing), and compares
# once all are there.
#   docs/results/ablation.sh DATA RUNS [STEPS]     goes on from what is there when run again; SEEDS=2 for one seed only
set -e
data=$1 runs=$2 steps=${3:-800}
quorum="node dist/cli/main.js"
mkdir -p "$runs"
# The split names patients of all data sets; training wants those of the cut-outs only.
node -e '
const { readdirSync, readFileSync, writeFileSync } = require("node:fs");
const [data, out] = process.argv.slice(1);
const have = new Set(readdirSync(data + "/brats2020-cubes").map((name) => name.split("_lesion")[0]));
const split = JSON.parse(readFileSync("docs/results/split.json", "utf8"));
const kept = Object.entries(split).map(([side, names]) => [side, names.filter((name) => have.has(name))]);
writeFileSync(out, JSON.stringify(Object.fromEntries(kept)));
' "$data" "$runs/split.json"
common="$data/brats2020-cubes --split $runs/split.json --width 0.25 --batch 2 --loss dice+cross-entropy
  --schedule cosine --lr 0.002 --validate-every 0 --checkpoint-every 100 --threads ${THREADS:-1}"
train() {
  name=$1
  shift
  [ -f "$runs/$name.run/dice.json" ] && return
  # shellcheck disable=SC2086
  $quorum train $common --name "$name" --out "$runs/$name" --run "$runs/$name.run" "$@" > "$runs/$name.log" 2>&1
  echo "$(date) $name"
}
for seed in ${SEEDS:-1 2}; do
  for method in mean paper pcgrad; do
    how="--objectives singles4 --decoupling $method --seed $seed"
    indicators=
    [ $method = mean ] && indicators="--indicators-every 20"
    # shellcheck disable=SC2086
    train $method-$seed $how $indicators --steps "$steps"
    # shellcheck disable=SC2086
    train $method-$seed-fitted $how --initial "$runs/$method-$seed.run" --steps 1 --lr 1e-12 --region-weights fitted
  done
  train early-fusion-$seed --sharing early-fusion --objectives sampled:4 --decoupling mean --seed $seed --steps "$steps"
done
for name in mean paper pcgrad mean-fitted paper-fitted pcgrad-fitted early-fusion; do
  for seed in 1 2; do
    [ -f "$runs/${name%-fitted}-$seed${name##"${name%-fitted}"}.run/dice.json" ] || exit 0
  done
done
node -e '
const { writeFileSync } = require("node:fs");
const [file, steps] = process.argv.slice(1);
const methods = {
  mean: "mean loss", "mean-fitted": "mean loss, region weights",
  paper: "GMD (paper)", "paper-fitted": "GMD (paper), region weights",
  pcgrad: "GMD (pcgrad)", "pcgrad-fitted": "GMD (pcgrad), region weights",
  "early-fusion": "early fusion, zero-filled, modality dropout",
};
const runs = Object.entries(methods).flatMap(([key, method]) => [1, 2].map((seed) => {
  const [name, fitted] = key.split("-fitted");
  return { method, seed, folder: `${name}-${seed}${fitted === undefined ? "" : "-fitted"}.run` };
}));
const fitted = (name) => methods[`${name}-fitted`];
const comparisons = [
  ...["paper", "pcgrad"].flatMap((gmd) => [[methods[gmd], methods.mean], [fitted(gmd), fitted("mean")]]),
  ...["mean", "paper", "pcgrad"].map((name) => [fitted(name), methods[name]]),
  [methods["early-fusion"], methods.mean],
];
const about = `width 0.25, losses of the four sequences alone (early fusion: of 4 combinations drawn at each step), ${steps} steps of 2 cut-outs, Adam 2e-3 cosine to 0`;
writeFileSync(file, JSON.stringify({ about, side: "validation", comparisons, runs }, null, 1));
' "$runs/runs.json" "$steps"
npx tsx docs/results/ablation.ts --plan "$runs/runs.json" --out docs/results/ablation.json
