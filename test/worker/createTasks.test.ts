import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStudy } from '../../src/intake/openStudy.js';
import { readModel, SHIPPED_MODEL } from '../../src/model/model.js';
import type { CaseSource } from '../../src/pipeline/caseSource.js';
import { allCombinations, combinationName, MODALITIES } from '../../src/terms.js';
import { sha256OfImage } from '../../src/volume/imageHash.js';
import { createTasks, type Tasks } from '../../src/worker/createTasks.js';
import { SIDE, writeTinyStudy } from '../session/harness.js';

let folder: string;
let tasks: Tasks;
let source: CaseSource;
const context = { signal: new AbortController().signal, report: () => undefined };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-tasks-'));
  const study = await writeTinyStudy(folder, 'case');
  const opened = await openStudy([study]);
  const images = [];
  for (const modality of MODALITIES) {
    const { file } = opened.images[modality]!;
    images.push({ modality, file, sha256: await sha256OfImage(file) });
  }
  const { hash } = await readModel(SHIPPED_MODEL);
  const asked: CaseSource = {
    study: opened,
    hashes: Object.fromEntries(images.map(({ modality, sha256 }) => [modality, sha256])),
    images,
    notes: [],
    model: { folder: SHIPPED_MODEL, hash },
    device: 'cpu',
    force: true,
    about: {
      inputFolders: [study],
      listed: { images: [], setAside: [] },
      examination: null,
      prepared: null,
      suggestions: { adult: null, treated: null, glioma: null },
      lost: [],
    },
  };
  tasks = createTasks(join(folder, 'cache'), async () => ({ adapter: null, driver: null, judgement: null }));
  const segmented = await tasks.segment(
    { source: asked, threads: 1, cacheLimitBytes: 1e8, verdictFolder: join(folder, 'verdicts') },
    context,
  );
  source = segmented.source;
});

afterAll(() => rm(folder, { recursive: true }));

describe('switching the combination that is shown', () => {
  it('makes each mask ready once, and sends runs in the place of voxels', async () => {
    for (const members of allCombinations()) {
      const mask = {
        kind: 'combination',
        combination: combinationName(members),
        threshold: null,
        keepSpecks: false,
      } as const;
      const first = await tasks.labels({ source, mask }, context);
      expect(await tasks.labels({ source, mask }, context)).toBe(first);
      expect(first.runs.length).toBeLessThan(SIDE ** 3 / 20);
    }
  });
});
