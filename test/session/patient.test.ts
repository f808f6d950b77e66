import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostOf } from '../../src/commands/host.js';
import { reportCsv } from '../../src/export/csv.js';
import type { ReportFacts } from '../../src/export/facts.js';
import { reportHtml } from '../../src/export/html.js';
import { daysBetween, patientName, sexAndAge } from '../../src/presentation/patients.js';
import { prepareEnd } from '../commands/command.js';
import { writeFollowUp } from '../support/followUp.js';
import { startServices } from './harness.js';

let folder: string;
let host: Awaited<ReturnType<typeof startServices>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-patient-'));
  await writeFollowUp(join(folder, 'dicom'));
  host = await startServices();
});
afterAll(async () => {
  await host.dispose();
  await rm(folder, { recursive: true, force: true });
});

const ANNA = { id: 'P-4711', name: 'Muster^Anna', sex: 'F', birthDate: '1969-11-05', age: 54 };
const open = (more: object = {}) =>
  host.services.call('cases.open', { paths: [join(folder, 'dicom')], ...more });

it('says of each examination whose it is', async () => {
  const found = await open();
  if (found.kind !== 'studies') throw new Error(found.kind);
  const said = found.studies.map(({ patient, date }) => [patient?.name, patient?.id, patient?.sex, date]);
  expect(said.sort()).toEqual([
    ['Beispiel^Bert', 'P-0815', 'M', '2024-03-12'],
    ['Muster^Anna', 'P-4711', 'F', '2024-03-12'],
    ['Muster^Anna', 'P-4711', 'F', '2024-09-05'],
  ]);
});

it('keeps the patient’s other examinations with the open case, opens them from there, and keeps the answers', async () => {
  const found = await open();
  if (found.kind !== 'studies') throw new Error(found.kind);
  const first = found.studies.find(({ patient, date }) => patient?.id === 'P-4711' && date === '2024-03-12')!;
  const opened = await open({ study: first.id });
  if (opened.kind !== 'case') throw new Error(opened.kind);
  const { examination, id } = opened.case;
  expect(examination).toMatchObject({ patient: ANNA, date: '2024-03-12' });
  expect(examination.others.map(({ date, patient }) => [date, patient?.id])).toEqual([
    ['2024-09-05', 'P-4711'],
  ]);
  const next = await host.services.call('cases.open', {
    paths: examination.paths,
    study: examination.others[0].id,
  });
  expect(next).toMatchObject({ kind: 'case', case: { examination: { date: '2024-09-05' }, answers: null } });

  const answers = { adult: 'yes', treated: 'no', glioma: 'unknown' } as const;
  const before = Date.now();
  await host.services.call('cases.answer', { case: id, answers });
  await host.services.call('cases.close', { case: id });
  const again = await open({ study: first.id });
  if (again.kind !== 'case') throw new Error(again.kind);
  expect(again.case.answers).toEqual(answers);
  const answeredAt = Date.parse(again.case.answeredAt!);
  expect(answeredAt).toBeGreaterThanOrEqual(before);
  expect(answeredAt).toBeLessThanOrEqual(Date.now());
});

it('tells the patients apart by number on the terminal, without names', async () => {
  const request = { inputs: [join(folder, 'dicom')], output: join(folder, 'out') };
  const { problem } = await prepareEnd(hostOf(host.profile), request);
  expect(problem?.code).toBe('SEVERAL_STUDIES');
  const patients = problem!.found!.match(/patient \d, 2024-\d\d-\d\d/g)!;
  expect(patients).toHaveLength(3);
  expect(new Set(patients.map((text) => text.slice(0, 9))).size).toBe(2);
});

it('keeps nothing that names the patient: not in the profile, not in what jobs say', async () => {
  // The ids with their letter: a random case id may hold the digits alone.
  const names = /muster|anna|beispiel|bert\b|P-4711|P-0815|19691105|1969-11-05/i;
  for (const name of await readdir(host.profile, { recursive: true })) {
    const path = join(host.profile, name);
    expect(name).not.toMatch(names);
    // What a case needs while it is open holds images, which the profile gives up when it is closed.
    if (name.startsWith('working') || !(await stat(path)).isFile()) continue;
    expect(`${name}: ${(await readFile(path)).toString('latin1')}`).not.toMatch(names);
  }
  for (const event of host.events)
    if (event.type !== 'case') expect(JSON.stringify(event)).not.toMatch(names);
});

const FACTS = {
  caseName: 'case-1',
  rows: [
    {
      mask: 't1',
      title: 'T1',
      regionTitle: 'whole tumour',
      region: 'WT',
      ml: 1,
      supported: true,
      note: '',
      diameters: null,
      rangeMl: null,
      agreement: null,
      byHand: null,
    },
  ],
  sequences: [],
  answers: [],
  model: { name: '', version: '', hash: '', trainingData: '' },
  engine: { name: '', device: '' },
  warnings: [],
  warningCodes: [],
  preparation: [],
  ...{ createdAt: '', quorumVersion: '', notice: '', labels: '', threshold: 0.5, edit: null, picture: null },
} as unknown as ReportFacts;

it('writes number and date where they were asked for, and nowhere else', () => {
  const asked = { ...FACTS, examination: { patient: 'P-4711', date: '2024-03-12' } };
  const plain = { ...FACTS, examination: null };
  expect(reportCsv(asked)).toMatch(/patient_id,examination_date,notice\r\n.*P-4711,2024-03-12,/);
  expect(reportHtml(asked)).toContain('Patient P-4711, examination of 2024-03-12');
  for (const text of [reportCsv(plain), reportHtml(plain)])
    expect(text).not.toMatch(/patient_id|P-4711|2024-03-12/);
});

it('writes names, ages and distances as people read them', () => {
  expect(
    ['Muster^Anna', 'Muster', 'Muster^Anna^Maria^Dr', '', 'Yamada^Tarou=山田^太郎'].map(patientName),
  ).toEqual(['MUSTER, Anna', 'Muster', 'MUSTER, Anna Maria Dr', '', 'YAMADA, Tarou']);
  const patient = { id: null, name: null, birthDate: null } as const;
  expect([
    sexAndAge({ ...patient, sex: 'F', age: 54 }),
    sexAndAge({ ...patient, sex: null, age: 0 }),
    sexAndAge({ ...patient, sex: null, age: null }),
  ]).toEqual(['F 54 y', '0 y', '']);
  expect([daysBetween('2024-03-12', '2024-09-05'), daysBetween('2024-09-05', '2024-03-12')]).toEqual([
    177, -177,
  ]);
});
