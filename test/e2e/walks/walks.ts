import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { writeFollowUp } from '../../support/followUp.js';
import { answerQuestions, drop, exportInto, openView, segment } from '../browser.js';
import { wheelSteps } from '../timings.js';
import { cohort, scannerStudy, someSequences } from './data.js';
import type { Walk, Window } from './walk.js';

const FOUR = ['T1', 'T1ce', 'T2', 'FLAIR'];

type WalkOf = (walk: Walk, window: () => Promise<Window>) => Promise<void>;

async function opened(page: Page, sequences: readonly string[]): Promise<void> {
  for (const sequence of sequences)
    await page.getByRole('switch', { name: `Use ${sequence}`, exact: true }).waitFor({ timeout: 300_000 });
}

async function segmented(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Segment/ }).click();
  await page.getByTestId('volumes').waitFor({ timeout: 900_000 });
}

const text = async (page: Page, id: string) => (await page.getByTestId(id).textContent()) ?? '';

const radiologist: WalkOf = async (walk, window) => {
  const folder = await scannerStudy(walk.at('dicom'));
  const { page } = await window();
  await walk.time('drop a folder of DICOM, until it is open', '10.6 s (12)', async () => {
    await drop(page, folder);
    await opened(page, FOUR);
  });
  walk.must(await page.getByTestId('patient').isVisible(), 'the window says whose images these are');
  await walk.look(page, 'open');
  await answerQuestions(page);
  await walk.time('Segment raw DICOM, until the mask is there', '470 s (12)', () => segmented(page));
  await walk.look(page, 'mask');
  await page.getByRole('progressbar', { name: 'Segmenting' }).waitFor({ state: 'detached' });
  const steps = (await wheelSteps(page)).toSorted((a, b) => a - b);
  walk.note('one wheel step, the middle of five', '3.7 to 13.5 s (12)', steps[2] / 1000);
  await page.getByRole('button', { name: 'Export' }).click();
  await walk.look(page, 'export');
  await walk.time('export with table, picture, report, native masks', '15.0 s (11)', () =>
    exportInto(page, 'radiologist'),
  );
};

const resident: WalkOf = async (walk, window) => {
  const folder = cohort(walk.at('cohort'));
  const { page } = await window();
  await page.getByRole('button', { name: /sample patient/ }).click();
  await opened(page, ['FLAIR']);
  await walk.time(
    'drop two patients over an open case, until they are offered',
    'nothing happened',
    async () => {
      await drop(page, folder);
      await page.getByText('BraTS19_CBICA_ABM_1').first().waitFor({ timeout: 120_000 });
    },
  );
  await walk.look(page, 'two-patients');
  const printed = await walk.quorum(
    'segment both in the terminal, all combinations',
    '208 s',
    ...['segment', folder, '--all-combinations', '--out', walk.at('results')],
  );
  walk.must(/warning/i.test(printed), 'the table of a cohort says which cases have warnings');
};

const student: WalkOf = async (walk) => {
  const of = (name: string, sequences: string[]) =>
    someSequences(walk.at(name), 'BraTS19_CBICA_ABM_1', sequences);
  for (const [before, sequences] of [
    ['19 to 23 s (7-13)', ['flair']],
    ['33 s', ['t1', 'flair']],
    ['41 s', ['t1', 't1ce', 't2']],
    ['85 s', ['t1', 't1ce', 't2', 'flair']],
  ] as const) {
    const name = `abm${sequences.length}`;
    const args = ['segment', of(name, [...sequences]), '--out', walk.at(`${name}-out`)];
    await walk.quorum(`segment ${sequences.length} of four sequences`, before, ...args);
  }
  const all = ['segment', walk.at('abm4'), '--all-combinations', '--csv', '--out', walk.at('all')];
  await walk.quorum('segment with all 15 combinations', '105 s, 34 s of the processor (12)', ...all);
  const report = JSON.parse(readFileSync(walk.at('all/report.json'), 'utf8'));
  const ml = report.combinations[report.combination].volumes.WT.ml.toFixed(3);
  const [table] = readdirSync(walk.at('all')).filter((name) => name.endsWith('.csv'));
  walk.must(readFileSync(walk.at('all', table), 'utf8').includes(ml), 'report and table give one number');
};

const officer: WalkOf = async (walk, window) => {
  const folder = walk.at('dicom');
  await writeFollowUp(folder);
  const { page } = await window();
  await page.getByTestId('folder-input').setInputFiles(folder);
  await page.getByRole('button', { name: 'List of examinations…' }).click({ timeout: 120_000 });
  await page.getByTestId('studies').waitFor();
  await page.locator('li.study').first().getByRole('button').click();
  await page.getByTestId('patient').waitFor({ timeout: 120_000 });
  await openView(page, 'Settings');
  await walk.look(page, 'settings');
  const files = readdirSync(walk.at('profile'), { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  for (const { parentPath, name } of files) {
    const file = join(parentPath, name);
    walk.must((statSync(file).mode & 0o077) === 0, `${name} is readable by the user alone`);
    if (/\.(json|log|jsonl)$/.test(name))
      walk.must(!/muster|beispiel|anna|bert/i.test(readFileSync(file, 'utf8')), `${name} names no patient`);
  }
};

const keyboard: WalkOf = async (walk, window) => {
  const { page } = await window();
  // A key that is pressed does not wait until its button can be used.
  await page.getByRole('button', { name: /sample patient/, disabled: false }).press('Enter');
  await opened(page, ['FLAIR']);
  await page.keyboard.press('s');
  const focused = `document.activeElement?.closest('[data-question]')?.dataset.question ?? ''`;
  walk.must((await page.evaluate(focused)) === 'adult', 'S leads to the first open question');
  for (const question of ['adult', 'treated', 'glioma']) {
    await page.locator(`[data-question=${question}] input:focus`).waitFor({ timeout: 10_000 });
    await page.keyboard.press('Space');
    await page.locator(`[data-question=${question}] input:checked`).waitFor({ timeout: 10_000 });
    await page.keyboard.press('s');
  }
  await page.getByTestId('volumes').waitFor({ timeout: 600_000 });
  // The crosshair goes to the largest slice when the mask is drawn; what is pressed before would be lost.
  await page.getByText('Drawing…').waitFor({ state: 'detached' });
  await page.getByRole('region', { name: 'Images' }).locator('canvas').first().focus();
  const place = async () => /Voxel [\d, ]+/.exec(await text(page, 'readout'))?.[0];
  const before = await place();
  await page.keyboard.press('PageUp');
  for (let tries = 0; tries < 40 && (await place()) === before; tries++) await page.waitForTimeout(250);
  walk.must((await place()) !== before, 'Page Up changes the slice');
  await walk.look(page, 'by-keys-alone');
};

const neuroOncologist: WalkOf = async (walk, window) => {
  const folder = walk.at('dicom');
  await writeFollowUp(folder);
  const { page } = await window();
  await page.getByTestId('folder-input').setInputFiles(folder);
  await page.getByRole('button', { name: 'List of examinations…' }).click({ timeout: 120_000 });
  await page.getByText('2 patients, 3 examinations').waitFor({ timeout: 120_000 });
  await walk.look(page, 'examinations');
  const anna = page.getByRole('region', { name: /MUSTER, Anna/ });
  walk.must((await anna.textContent())?.includes('177 days earlier'), 'the distance in days is said');
  await anna.locator('li.study').first().getByRole('button').click();
  const bar = page.getByTestId('patient');
  await bar.getByText('1 other examination').click({ timeout: 120_000 });
  await walk.look(page, 'other-examination');
  await walk.time('from one examination to the patient’s other one', 'drop it all again', async () => {
    await bar.getByRole('button', { name: /2024-03-12/ }).click();
    await bar.getByText('2024-03-12', { exact: true }).first().waitFor({ timeout: 120_000 });
  });
};

const newcomer: WalkOf = async (walk, window) => {
  const { page } = await window();
  await walk.time('sample: click to open', '1.7 s (12)', async () => {
    await page.getByRole('button', { name: /sample patient/ }).click();
    await opened(page, ['FLAIR']);
  });
  await walk.look(page, 'sample');
  await answerQuestions(page);
  walk.note('sample: Segment to mask, four sequences', '51.5 s (6)', await segment(page));
  await walk.look(page, 'mask');
  await openView(page, 'Compare');
  await page.locator('figure[data-tile]').first().waitFor();
  await walk.look(page, 'compare');
  await walk.time('Compare: switch of combination', '0.95 s (7)', async () => {
    await page.locator('button[data-combination="flair"]').click();
    const caption = page.locator('figure[data-tile="flair"] figcaption');
    await caption.waitFor();
    await caption.getByRole('status').waitFor({ state: 'detached' });
  });
  await openView(page, 'Correct');
  await walk.look(page, 'correct');
  await openView(page, 'Case');
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByRole('button', { name: /sample patient/ }).click();
  await opened(page, ['FLAIR']);
  walk.note('sample: the same again, from kept results', '52.5 s (13)', await segment(page));
};

/** The seven walks, in the order of the first ones. */
export const WALKS: readonly { readonly title: string; readonly walk: WalkOf }[] = [
  { title: '1 A radiologist with a DICOM folder of four series', walk: radiologist },
  { title: '2 A resident with a pile of cases', walk: resident },
  { title: '3 A PhD student with combinations and tables', walk: student },
  { title: '4 An IT officer', walk: officer },
  { title: '5 The keyboard alone', walk: keyboard },
  { title: '6 A neuro-oncologist with a follow-up scan', walk: neuroOncologist },
  { title: '7 A newcomer on a fresh laptop', walk: newcomer },
];
