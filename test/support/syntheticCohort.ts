import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CohortCase } from '../../src/contract/cohort.js';
import { reportWarning } from '../../src/contract/warnings.js';
import type { Modality } from '../../src/terms.js';
import { aCase, aCohort, aResult } from '../cohort/cohorts.js';

const SETS: readonly (readonly Modality[])[] = [
  ['t1', 't1ce', 't2', 'flair'],
  ['t1', 'flair'],
  ['t1ce', 'flair'],
  ['flair'],
];

/** Writes the folder of results of a made-up cohort: most cases are done, one in ten failed, the last twenty were not run. */
export function writeSyntheticCohort(folder: string, many: number): void {
  const cases = Array.from({ length: many }, (_, n): CohortCase => {
    const sequences = [...SETS[n % SETS.length]];
    const name = `Patient-${String(n + 1).padStart(3, '0')}`;
    const date = `2024-0${1 + (n % 9)}-1${n % 10}`;
    const common = { sequences, date, source: { paths: [join(folder, 'images', name)], study: null } };
    if (n % 10 === 9) return aCase(name, { ...common, state: 'failed', problem: { code: 'DATA_TRUNCATED' } });
    if (n >= many - 20) return aCase(name, common);
    const ml = {
      WT: 5 + ((n * 37) % 120),
      TC: n % 4 < 1 ? 3 + (n % 30) : null,
      ET: n % 4 === 1 ? null : (n * 7) % 20,
    };
    const result = aResult(sequences, ml);
    const warnings = n % 3 === 0 ? [reportWarning({ code: 'LOW_AGREEMENT', region: 'WT', dice: 0.7 })] : [];
    return aCase(name, { ...common, state: 'done', result: { ...result, warnings } });
  });
  for (const { name, state } of cases) {
    if (state !== 'done') continue;
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'report.json'), '{}');
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'cohort.json'), JSON.stringify(aCohort(cases)));
}
