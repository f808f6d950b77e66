import type { RunCurves } from '../contract/research.js';
import { allCombinations, type Combination, combinationName, MODALITIES, type Modality } from '../terms.js';
import type { RunLine } from './runLog.js';

/** A plot is so many windows wide at most; the matrices of cosines are fewer. */
const WINDOWS = 160;
const MATRICES = 24;

type StepLine = Extract<RunLine, { kind: 'step' }>;

/** The curves that a log holds, averaged over windows of equally many steps. */
export function curvesOf(lines: readonly RunLine[]): RunCurves {
  const steps = lines.filter((line) => line.kind === 'step');
  const windows = inWindows(steps, WINDOWS);
  const losses = new Set(steps.flatMap((line) => Object.keys(line.losses)));
  const averaged = (value: (line: StepLine) => number | null) => windows.map((own) => meanOf(own.map(value)));
  return {
    step: steps.at(-1)?.step ?? 0,
    windows: windows.map((own) => [own[0].step, own.at(-1)!.step]),
    loss: Object.fromEntries(
      inOrder(losses).map((name) => [name, averaged((line) => line.losses[name] ?? null)]),
    ),
    meanLoss: averaged(({ losses: own }) => meanOf(Object.values(own))),
    norms: normsOf(steps, averaged),
    conflicts: averaged(conflictShare),
    removed: averaged(({ normRatios }) => meanOf((normRatios ?? []).map((ratio) => 1 - ratio))),
    validations: lines
      .filter((line) => line.kind === 'validation')
      .map(({ step, score, dice }) => ({ step, score, dice })),
    conflict: conflictOf(steps),
  };
}

function normsOf(
  steps: readonly StepLine[],
  averaged: (value: (line: StepLine) => number | null) => (number | null)[],
): RunCurves['norms'] {
  const normOf = (modality: Modality) => (line: StepLine) => {
    const at = line.objectives?.findIndex((name) => name.split('=').includes(modality)) ?? -1;
    return at < 0 ? null : (line.norms?.[at] ?? null);
  };
  const there = MODALITIES.filter((m) => steps.some((line) => normOf(m)(line) !== null));
  return Object.fromEntries(there.map((m) => [m, averaged(normOf(m))]));
}

function conflictShare({ cosines }: StepLine): number | null {
  if (!cosines || cosines.length < 2) return null;
  const pairs = cosines.flatMap((row, j) => row.slice(j + 1));
  return pairs.filter((cosine) => cosine < 0).length / pairs.length;
}

/** Mean cosine of every pair of objectives, and what decoupling removed of each, in a few windows over time. */
function conflictOf(steps: readonly StepLine[]): RunCurves['conflict'] {
  const told = steps.filter(({ objectives, cosines }) => objectives && cosines);
  if (told.length === 0) return null;
  // An objective may stand for several combinations (`t1=t1+t2`) where cases lack sequences: for each of them.
  const members = (name: string) => name.split('=');
  const names = inOrder(new Set(told.flatMap(({ objectives }) => objectives!.flatMap(members)))).filter(
    isCombination,
  );
  const windows = inWindows(told, MATRICES).map((own) => {
    const sums = names.map(() => names.map(() => ({ sum: 0, count: 0 })));
    const removed = names.map(() => ({ sum: 0, count: 0 }));
    for (const { objectives, cosines, normRatios } of own) {
      const places = objectives!.map((name) => members(name).map((one) => names.indexOf(one as Combination)));
      for (const [j, rows] of places.entries()) {
        for (const row of rows) if (row >= 0 && normRatios) add(removed[row], 1 - normRatios[j]);
        for (const [k, columns] of places.entries())
          if (j !== k)
            for (const row of rows)
              for (const column of columns)
                if (row >= 0 && column >= 0) add(sums[row][column], cosines![j][k]);
      }
    }
    return {
      from: own[0].step,
      to: own.at(-1)!.step,
      cosines: sums.map((row) => row.map(average)),
      removed: removed.map(average),
    };
  });
  return { objectives: names, windows };
}

interface Sum {
  sum: number;
  count: number;
}

function add(to: Sum, value: number): void {
  to.sum += value;
  to.count += 1;
}

function average({ sum, count }: Sum): number | null {
  return count === 0 ? null : round(sum / count);
}

/** Consecutive lines in at most so many groups of equal size. */
function inWindows(steps: readonly StepLine[], most: number): StepLine[][] {
  const size = Math.max(1, Math.ceil(steps.length / most));
  return Array.from({ length: Math.ceil(steps.length / size) }, (_, i) =>
    steps.slice(i * size, (i + 1) * size),
  );
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : round(known.reduce((sum, value) => sum + value, 0) / known.length);
}

/** Four digits are more than a plot shows. */
function round(value: number): number {
  return Number(value.toPrecision(5));
}

const ORDER: readonly string[] = allCombinations().map(combinationName);

function isCombination(name: string): name is Combination {
  return ORDER.includes(name);
}

/** Combinations, the largest first; other names (`dropout`) after them. */
function inOrder(names: Iterable<string>): string[] {
  const place = (name: string) => (isCombination(name) ? ORDER.indexOf(name) : ORDER.length);
  return [...names].sort((a, b) => place(a) - place(b));
}
