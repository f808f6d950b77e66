import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { daysBetween, patientName, sexAndAge } from '../../src/services/contract.js';
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
  await host.services.call('cases.answer', { case: id, answers });
  await host.services.call('cases.close', { case: id });
  const again = await open({ study: first.id });
  if (again.kind !== 'case') throw new Error(again.kind);
  expect(again.case.answers).toEqual(answers);
  expect(Date.now() - Date.parse(again.case.answeredAt!)).toBeLessThan(60_000);
});

it('keeps nothing that names the patient: not in the profile, not in what jobs say', async () => {
  const names = /muster|anna|beispiel|bert\b|4711|0815|19691105|1969-11-05/i;
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
