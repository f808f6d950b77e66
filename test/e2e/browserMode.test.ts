import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODALITIES } from '../../src/terms.js';
import { readLabelMap } from '../../src/volume/read.js';
import { quorum } from '../cli/run.js';
import { REAL_BOXES, writeCropped, writeCroppedSample } from '../support/croppedSample.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { temporaryFolder } from '../volume/folder.js';
import {
  answerQuestions,
  complaintsOf,
  exportInto,
  haveChromium,
  openView,
  type Served,
  segment,
  segmentAnyway,
  serve,
} from './browser.js';
import { oneBrowser } from './oneBrowser.js';
import { firstPaint, niivueTimes, takeAnswers, takeLongTasks, WATCH_LONG_TASKS } from './timings.js';

const REAL_CASE = 'whole/TCGA-DU-7294';
const FIRST_PAINT_MS = 5000;
const PARTIAL_CASE = 'partial/Brats18_CBICA_AAB_1';

interface Journey {
  readonly name: string;
  readonly input: string;
  /** How the case is opened. */
  readonly open: (page: Page) => Promise<void>;
  /** Sequences that are switched off before segmenting. */
  readonly off: readonly string[];
  readonly use: string;
  /** A box of this patient's images is taken, which the input checks refuse unless they are overridden. */
  readonly cut?: boolean;
}

const uploaded = (input: string, off: readonly string[], use: string): Journey => ({
  name: input.split('/').at(-1)!,
  input,
  open: (page) => page.getByTestId('folder-input').setInputFiles(input),
  off,
  use,
});

const chromium = haveChromium('browser mode, end to end');
const real = chromium && haveRealData('browser mode on real cases, end to end');

const browser = oneBrowser(chromium);

// In place of the real ones where these are not there: the same journey.
describe.skipIf(!chromium || real)('browser mode on a box of the sample patient', () => {
  const name = 'simulated-patient';
  const box = join(temporaryFolder().path, name);
  beforeAll(async () => {
    await mkdir(box);
    await writeCroppedSample(box, name, [...MODALITIES, 'seg']);
  });
  journey({ ...uploaded(box, ['T1', 'T2'], 't1ce,flair'), cut: true });
});
describe.skipIf(!real)(`browser mode on ${REAL_CASE}`, () =>
  journey(uploaded(join(REAL_DATA, REAL_CASE), ['T1', 'T2'], 't1ce,flair')),
);
describe.skipIf(!real)(`browser mode on a box of ${PARTIAL_CASE}`, () => {
  const name = PARTIAL_CASE.split('/')[1] as keyof typeof REAL_BOXES;
  const box = join(temporaryFolder().path, name);
  beforeAll(async () => {
    await mkdir(box);
    const fileOf = (part: string) => join(REAL_DATA, PARTIAL_CASE, `${name}_${part}.nii.gz`);
    await writeCropped(fileOf, box, name, ['t1', 'flair', 'seg'], REAL_BOXES[name]);
  });
  journey({ ...uploaded(box, [], 't1,flair'), cut: true });
});

/** Open, switch sequences off, segment, compare, correct one part, edit, undo, export; read back and compare with the command line. */
function journey({ name, input, open, off, use, cut = false }: Journey): void {
  const folder = temporaryFolder();
  const at = (...parts: string[]) => join(folder.path, ...parts);
  let server: Served;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    await mkdir(at('results'), { recursive: true });
    server = await serve(at('profile'), [at('results')]);
    page = await browser().newPage({ viewport: { width: 1440, height: 900 } });
    complaints = complaintsOf(page);
    await page.addInitScript(WATCH_LONG_TASKS);
  });
  afterAll(async () => {
    await page?.context().close();
    await server?.close();
  });

  it('shows its first screen, and recognises the sequences', async () => {
    await page.goto(server.address);
    await page.getByRole('heading', { name: 'Drop one examination here' }).waitFor();
    // The fastest: other work on the machine only adds.
    let paint = await firstPaint(page);
    for (let again = 0; again < 5 && paint >= FIRST_PAINT_MS; again++) {
      await page.reload();
      paint = Math.min(paint, await firstPaint(page));
    }
    await page.getByRole('button', { name: /sample patient/, disabled: false }).waitFor();
    const started = performance.now();
    await open(page);
    await page.getByRole('switch', { name: 'Use FLAIR' }).waitFor();
    console.info(
      `${name}: first paint ${paint.toFixed(0)} ms, files opened and recognised ${(performance.now() - started).toFixed(0)} ms`,
    );
    expect(paint).toBeLessThan(FIRST_PAINT_MS);
  });

  it('segments with the sequences that are on', async () => {
    for (const sequence of off)
      await page.getByRole('switch', { name: `Use ${sequence}`, exact: true }).click();
    await expect.poll(() => page.getByRole('button', { name: 'Segment' }).isDisabled()).toBe(true);
    await answerQuestions(page);
    await page.locator('canvas[data-plane=axial]').waitFor();
    await takeLongTasks(page);
    const seconds = await (cut ? segmentAnyway(page) : segment(page));
    const tasks = await takeLongTasks(page);
    const drawing = await niivueTimes(page);
    console.info(
      `${name}: segmented in ${seconds.toFixed(1)} s, long tasks of the page [${tasks.join(', ')}] ms, niivue’s own [${drawing.join(', ')}] ms`,
    );
    const whole = page.locator('[data-testid=volumes] [data-region=WT] .ml');
    await expect.poll(async () => Number.parseFloat((await whole.textContent())!)).toBeGreaterThan(1);
  });

  it('exports the automatic mask: the same grid and voxels as the command line', async () => {
    await page.getByRole('button', { name: 'Export' }).click();
    await exportInto(page, 'automatic');
    const force = cut ? ['--force'] : [];
    const outcome = await quorum('segment', input, '--use', use, '--out', at('cli'), ...force);
    expect(outcome.code).toBe(0);
    const [exported, expected] = await Promise.all(
      [at('results/automatic', `${name}_seg.nii.gz`), at('cli', `${name}_seg.nii.gz`)].map(readLabelMap),
    );
    expect(exported.size).toEqual(expected.size);
    expect(exported.affine).toEqual(expected.affine);
    expect(exported.data.some((label) => label !== 0)).toBe(true);
    expect(Buffer.compare(Buffer.from(exported.data), Buffer.from(expected.data))).toBe(0);
  });

  it('begins the next export in the folder of the last one', async () => {
    await page.reload();
    await page.getByRole('button', { name: 'Export' }).click();
    const dialog = page.getByRole('dialog', { name: /^Export/ });
    await dialog.getByText('automatic', { exact: false }).waitFor();
    await expect.poll(() => dialog.getByRole('button', { name: 'Save' }).isEnabled()).toBe(true);
    await expect.poll(() => dialog.locator('code').textContent()).toBe(at('results/automatic'));
    // What was chosen last is chosen again, and is one of the presets.
    await expect.poll(() => dialog.getByRole('radio', { name: /^For a paper/ }).isChecked()).toBe(true);
    await expect
      .poll(() => dialog.getByTestId('export-files').textContent())
      .toContain(`${name}_report.html`);
    // The report is looked at before it is written.
    await dialog.getByRole('button', { name: 'Look at the report' }).click();
    const preview = page.getByRole('dialog', { name: 'The report' });
    await preview.getByText('whole tumour').first().waitFor();
    // A browser's own dialog saves it as PDF: the report stands there alone, under the case's name.
    await page.emulateMedia({ media: 'print' });
    await page.evaluate(`window.print = () => {
      const shown = [...document.body.children].filter((element) => getComputedStyle(element).display !== 'none');
      window.printed = [document.title, shown.map(({ className }) => className), getComputedStyle(shown[0].shadowRoot.querySelector('h1')).fontSize];
    }`);
    await preview.getByRole('button', { name: 'Print or save as PDF…' }).click();
    await expect
      .poll(() => page.evaluate('window.printed'))
      .toEqual([`${name}_report`, ['printed'], expect.stringMatching(/px$/)]);
    await page.emulateMedia({ media: 'screen' });
    const downloading = page.waitForEvent('download');
    await preview.getByRole('button', { name: 'Save as a page' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe(`${name}_report.html`);
    const html = await readFile(await download.path(), 'utf8');
    expect(html).toContain('whole tumour');
    await page.keyboard.press('Escape');
    await preview.waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
  });

  it('compares the combinations and shows another one at once', async () => {
    await openView(page, 'Compare');
    const columns = page.locator('button[data-combination]:not(:disabled)');
    await expect.poll(() => columns.count()).toBe(3);
    await page.getByRole('button', { name: /^Put beside FLAIR$/ }).click();
    await expect.poll(() => page.locator('figure[data-tile]').count()).toBe(2);
    await takeAnswers(page);
    const single = use.split(',')[0];
    await page.locator(`button[data-combination="${single}"]`).click();
    const caption = page.locator(`figure[data-tile="${single}"] figcaption`);
    await caption.getByText('a guess').waitFor();
    await caption.getByRole('status').waitFor({ state: 'detached' });
    // One sequence other than FLAIR does not support the whole tumour: no number stands there.
    await expect.poll(() => caption.locator('.number').count()).toBe(0);
    // The browser notes an answer a little after the page has it.
    const calls: number[] = [];
    await expect.poll(async () => calls.push(...(await takeAnswers(page)))).toBeGreaterThan(0);
    console.info(`${name}: mask data after switching combination [${calls.join(', ')}] ms`);
  });

  it('takes one combination’s answer for one part, edits, and undoes the edit', async () => {
    await openView(page, 'Correct');
    await page.getByRole('button', { name: 'Find these places' }).click();
    await page.getByTestId('blob').waitFor();
    await page.keyboard.press('2');
    await page.getByRole('button', { name: 'Take this answer here' }).click();
    await page.getByText('1 place picked', { exact: false }).waitFor();
    await page.getByText('kept on disk').waitFor();
    const volumes = page.getByTestId('edit-volumes').locator('[data-region=WT] td').first();
    const chosen = await volumes.textContent();

    await page.getByRole('button', { name: 'Brush' }).click();
    const pane = page.locator('canvas[data-plane=axial]');
    const box = (await pane.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.4);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + box.height * 0.5, { steps: 5 });
    await page.mouse.up();
    await page.getByText('1 stroke,', { exact: false }).waitFor();
    await page.getByText('kept on disk').waitFor();
    const painted = await volumes.textContent();
    expect(Number.parseFloat(painted!)).toBeGreaterThan(Number.parseFloat(chosen!));

    await page.keyboard.press('Control+z');
    await expect.poll(() => volumes.textContent()).toBe(chosen);
    await page.keyboard.press('Control+Shift+Z');
    await expect.poll(() => volumes.textContent()).toBe(painted);
  });

  it('exports the edited mask: the volume that was shown', async () => {
    const volumes = page.getByTestId('edit-volumes').locator('[data-region=WT] td').first();
    const shown = Number.parseFloat((await volumes.textContent())!);
    await page.keyboard.press('Escape');
    await page.locator('main').press('e');
    await exportInto(page, 'edited');
    const { data, spacing } = await readMask(at('results/edited', `${name}_seg.nii.gz`));
    const voxelMl = (spacing[0] * spacing[1] * spacing[2]) / 1000;
    expect(data.reduce((count, label) => count + (label === 0 ? 0 : 1), 0) * voxelMl).toBeCloseTo(shown, 0);
  });

  it('raised no error on the way', () => expect(complaints).toEqual([]));
}

async function readMask(file: string): Promise<{ data: Uint8Array; spacing: number[] }> {
  const { data, affine } = await readLabelMap(file);
  const spacing = [0, 4, 8].map((column) =>
    Math.hypot(affine[column], affine[column + 1], affine[column + 2]),
  );
  return { data, spacing };
}
