/**
 * Measures the checks of inputs and results on sound cases and on what goes wrong with them, in numbers; `docs/results/failuresPage.ts`
 * decides by the cut-offs of today. The network is not run: the masks are the cases' own, or wrong ones. As
 * docs/results/logs/failures.json was made:
 *
 *     npx tsx docs/results/failures.ts --kinds 'mask far too large,enhancing tumour in healthy tissue,many small parts,enhancing tumour missed,tumour at a rare place'
 *     npx tsx docs/results/failures.ts --merge --every 0
 *     npx tsx docs/results/failures.ts --merge --kinds 'dural mass' --checks result --sides validation,test
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { likenesses } from '../../src/prepare/belonging.js';
import { coarseCase, shareOn } from '../../src/prepare/coarse.js';
import { inputQuality } from '../../src/prepare/inputChecks.js';
import { surfaceShare } from '../../src/segment/imageChecks.js';
import { resultQuality } from '../../src/segment/resultChecks.js';
import { randomStream } from '../../src/training/random.js';
import { shownPart } from '../../src/volume/extent.js';
import { brainsOf, readBrain, sidesBy } from './measure/brains.js';
import type { Subject } from './measure/changes.js';
import { caseOf } from './measure/changes.js';
import { FAILURES, type Failure } from './measure/failures/index.js';
import { shortened } from './measure/shortened.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    sets: { type: 'string', default: 'brains,brains3,whole,partial,raw' },
    split: { type: 'string', default: 'docs/results/split.json' },
    out: { type: 'string', default: 'docs/results/logs/failures.json' },
    /** `2/8`: every eighth case, beginning with the third. */
    part: { type: 'string', default: '0/1' },
    /** Failures are made of every so many-th case only; 0: of none. */
    every: { type: 'string', default: '1' },
    /** Only these sides of the split. */
    sides: { type: 'string', default: 'train,validation,test,none' },
    /** Only these kinds of failures, e.g. `motion ghosts,eyes left`; all when absent. */
    kinds: { type: 'string' },
    /** Only these checks of what fails: `edges`, `input` or `result`. */
    checks: { type: 'string' },
    /** Rows of the log that are not measured again stay. */
    merge: { type: 'boolean', default: false },
  },
});

const sideOf = sidesBy(options.split);

/** All checks, or those that a failure can touch. */
function measure(subject: Subject, only?: 'edges' | 'input' | 'result') {
  const { images, grid } = caseOf(subject, 'case');
  const started = performance.now();
  const coarse = coarseCase(images, grid);
  const marked = shownPart({ ...grid, data: subject.truth });
  const ill = shareOn(coarse, marked);
  const wants = (checks: string) => only === undefined || only === checks;
  return {
    ...(wants('edges') ? { likenesses: likenesses(coarse) } : {}),
    ...(wants('input') ? { input: inputQuality(coarse, ill) } : {}),
    ...(wants('result')
      ? {
          result: resultQuality(coarse, ill, grid, marked),
          surface: surfaceShare({ grid, images }, subject.truth),
        }
      : {}),
    seconds: (performance.now() - started) / 1000,
  };
}

interface Row {
  readonly set: string;
  readonly name: string;
  readonly kind: string;
  readonly strength: number;
  readonly what: string;
}
const keyOf = ({ set, name, kind, what }: Row) => [set, name, kind, what].join('|');
const earlier: readonly Row[] =
  options.merge && existsSync(options.out) ? JSON.parse(readFileSync(options.out, 'utf8')).rows : [];
const rows: Row[] = [];
const sides = options.sides.split(',');
const kinds = options.kinds?.split(',');
const all = options.sets.split(',').flatMap((set) => brainsOf(options.data, set));
const [part, parts] = options.part.split('/').map(Number);
for (const [n, found] of all.entries()) {
  if (n % parts !== part || !sides.includes(sideOf(found))) continue;
  const subject = await readBrain(found);
  // The next case of the same grid lends its images.
  const others = all.filter((one) => one !== found && one.set.slice(0, 6) === found.set.slice(0, 6));
  const lender = others[(7 * n + 3) % Math.max(1, others.length)];
  const other = lender && Number(options.every) > 0 ? await readBrain(lender) : null;
  const about = { set: found.set, name: found.name, side: sideOf(found) };
  rows.push({ ...about, kind: 'sound', strength: 0, what: '', ...measure(subject) });
  const every = Number(options.every);
  for (const [f, failure] of (every > 0 && n % every === 0 ? FAILURES : []).entries()) {
    if (kinds && !kinds.includes(failure.kind)) continue;
    const made = failure.make(subject, randomStream(1, n, f), other);
    if (!made) continue;
    const { kind, strength, what } = failure;
    rows.push({
      ...about,
      kind,
      strength,
      what,
      ...measure(made, (options.checks as Failure['only']) ?? failure.only),
    });
  }
  mkdirSync(dirname(options.out), { recursive: true });
  const anew = new Set(rows.map(keyOf));
  const kept = earlier.filter((row) => !anew.has(keyOf(row)));
  writeFileSync(
    options.out,
    `${JSON.stringify({ kind: 'failures', rows: [...kept, ...rows] }, shortened)}\n`,
  );
  process.stderr.write(`${found.name}: ${rows.length} rows\n`);
}
