import { createWriteStream, readdirSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gunzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { readHeader, readLabelMap } from '../../src/volume/read.js';
import { rawSeriesSpecs } from '../export/dicom/rawSeries.js';
import {
  haveDicomTools,
  makeSeries,
  python,
  type SeriesSpec,
  validatorErrors,
} from '../export/dicom/tools.js';
import { RAW_BOXES, writeCropped } from '../support/croppedSample.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { writePhantomSeries } from '../support/dicomPhantom.js';
import { temporaryFolder } from '../volume/folder.js';
import { violations } from './axe.js';
import {
  answerQuestions,
  complaintsOf,
  exportInto,
  frames,
  haveChromium,
  picture,
  type Served,
  serve,
} from './browser.js';
import { oneBrowser } from './oneBrowser.js';

const RAW = join(REAL_DATA, 'raw/TCGA-FG-6692');
/** Preparing takes half a minute on two free cores. */
const PATIENCE = 900_000;
const SUITE = 'raw studies in the window, from drop to DICOM-SEG';
const chromium = haveChromium(SUITE);
const have = chromium && haveRealData(SUITE);
const haveDicom = have && haveDicomTools(SUITE);
const SEQUENCES = ['t1', 't1ce', 't2', 'flair'];

type At = (...parts: string[]) => string;

/** A window on a server of its own, which may write into the folder `results`; there once the tests run. */
interface Seen {
  readonly at: At;
  page: Page;
  complaints: string[];
}

const browser = oneBrowser(chromium, { webgl: false });

function ownWindow(setUp: (at: At) => Promise<void> = async () => undefined): Seen {
  const folder = temporaryFolder();
  const at: At = (...parts) => join(folder.path, ...parts);
  const seen = { at } as Seen;
  let server: Served;
  beforeAll(async () => {
    await mkdir(at('results'), { recursive: true });
    await setUp(at);
    server = await serve(at('profile'), [at('results')]);
    const context = await browser().newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: true });
    seen.page = await context.newPage();
    seen.complaints = complaintsOf(seen.page);
    await seen.page.goto(server.address);
  });
  afterAll(async () => {
    await seen.page?.context().close();
    await server?.close();
  });
  return seen;
}

/** Prepares and segments in one go. */
async function segmentRaw(page: Page): Promise<void> {
  await answerQuestions(page);
  await page.getByRole('button', { name: 'Segment' }).click();
  await page.getByTestId('volumes').waitFor({ timeout: PATIENCE });
}

const rawFile = (ending: string) => join(RAW, readdirSync(RAW).find((name) => name.endsWith(ending))!);

describe.skipIf(!have)('a raw study with thick slices, beside a stripped set of it', () => {
  // Parts of two of its sequences: all four are prepared from DICOM below, with all that they show.
  const seen = ownWindow(async (at) => {
    await mkdir(at('raw/stripped'), { recursive: true });
    for (const [sequence, ending] of [
      ['t1ce', '_t1c.nii.gz'],
      ['flair', '_fla.nii.gz'],
    ] as const) {
      await writeCropped(() => rawFile(ending), at('raw'), 'raw', [sequence], RAW_BOXES[sequence]);
      const stripped = `TCGA-FG-6692_${sequence}.nii.gz`;
      await copyFile(join(RAW, 'stripped', stripped), at('raw/stripped', stripped));
    }
  });
  const { at } = seen;

  it('is offered as one of two sets, and opens alone', async () => {
    const { page } = seen;
    await page.getByTestId('folder-input').setInputFiles(at('raw'));
    await page.getByRole('button', { name: 'List of examinations…' }).click();
    await page.getByTestId('studies').waitFor();
    await expect.poll(() => page.getByRole('button', { name: /^Open examination/ }).count()).toBe(2);
    expect(await violations(page)).toEqual([]);
    await picture(page, 'raw-1-two-sets');
    await page
      .getByTestId('studies')
      .locator('li.study')
      .filter({ hasNotText: 'stripped' })
      .getByRole('button')
      .click();
    await page.getByRole('switch', { name: 'Use FLAIR' }).waitFor();
    await expect.poll(() => page.getByTestId('preparation').textContent()).toContain('not about 1 mm');
  });

  it(
    'is exported onto the grids of the raw files, and of no others',
    async () => {
      const { page } = seen;
      // What is looked at is where the mask lies, not the brain: atlas and skull are the DICOM's, below.
      const preparation = page.getByTestId('preparation');
      await preparation.getByText('What is done').click();
      await preparation.getByLabel('Align them with the atlas (BraTS space)').uncheck();
      await preparation.getByLabel('The skull').selectOption('off');
      await preparation.getByRole('button', { name: 'Prepare now' }).click();
      await preparation.getByRole('button', { name: 'Prepare again' }).waitFor({ timeout: PATIENCE });
      await picture(page, 'raw-2-without-atlas');
      await segmentRaw(page);
      await page.getByRole('button', { name: 'Export' }).click();
      const dialog = page.getByRole('dialog', { name: /^Export/ });
      const segmentation = dialog.getByLabel(/DICOM-SEG for the PACS: needs DICOM input/);
      await expect.poll(() => segmentation.isDisabled()).toBe(true);
      await exportInto(page, 'raw');
      const files = (await readdir(at('raw'))).filter((name) => name.endsWith('.gz'));
      const flair = files.find((name) => name.endsWith('_flair.nii.gz'))!;
      const [mask, source] = await Promise.all([
        readLabelMap(at('results/raw/native/flair_seg.nii.gz')),
        readHeader(at('raw', flair)),
      ]);
      expect(mask.size).toEqual(source.size);
      expect(mask.affine).toEqual(source.affine);
      const report = JSON.parse(await readFile(at('results/raw/report.json'), 'utf8'));
      const names = report.images.map(({ file }: { file: string }) => file);
      expect(names.sort()).toEqual(files.sort());
      const labelled = mask.data.reduce((sum, label) => sum + (label === 0 ? 0 : 1), 0);
      expect(labelled).toBeGreaterThan(0);
      expect(report.native.flair.ml.WT).toBeGreaterThan(1);
      expect(report.preparation.reference).toBe('t1ce');
      const steps: { step: string; sequence: string | null; verdict: string }[] = report.preparation.steps;
      expect(steps.map(({ step, verdict }) => [step, verdict])).toEqual([
        ['reference', 'good'],
        ['co-register', 'good'],
        ['atlas', 'skipped'],
        ['skull-strip', 'doubtful'],
        ['resample', 'good'],
      ]);
    },
    PATIENCE,
  );

  it('raised no error on the way', () => expect(seen.complaints).toEqual([]));
});

/**
 * As a Philips scanner wrote it: one name for T1 before and after contrast agent, no agent in any header, FLAIR once more after it, and a
 * mask that somebody stored on the FLAIR's headers.
 */
async function hospitalSeries(folder: string): Promise<SeriesSpec[]> {
  const [t1, t1ce, t2, flair] = await rawSeriesSpecs(RAW, folder);
  const mask = join(folder, 'mask.raw');
  const bytes = await readFile(flair.volume!);
  const values = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const bright = values.slice().sort()[Math.floor(0.98 * values.length)];
  await writeFile(
    mask,
    values.map((value) => (value > bright ? 1 : 0)),
  );
  const series = (
    spec: SeriesSpec,
    number: number,
    description: string,
    time: string,
    more: object = {},
  ) => ({
    ...spec,
    folder: join(folder, String(number)),
    description,
    seriesNumber: number,
    studyInstanceUid: '1.2.826.0.1.3680043.8.498.1',
    tags: {
      StudyDescription: 'MRI BRAIN CONTRAST',
      AcquisitionDate: '20200102',
      AcquisitionTime: time,
      Manufacturer: 'Philips Medical Systems',
    },
    ...more,
  });
  return [
    series(t1, 301, 'T1W_SE', '100900'),
    series(t2, 401, 'T2W_TSE', '101300'),
    series(flair, 601, 'FLAIR_longTR', '102100'),
    series(flair, 602, 'FLAIR_longTR', '102200', { volume: mask }),
    series(t1ce, 1101, 'T1W_SE', '103800'),
    series(flair, 1201, 'FLAIR_longTR', '104200'),
  ];
}

describe.skipIf(!haveDicom)('a zip of a scanner’s DICOM with skull and thick slices', () => {
  const seen = ownWindow(async (at) => {
    await mkdir(at('dicom'));
    const specs = await hospitalSeries(at('dicom'));
    makeSeries(specs);
    const zip = new ZipFile();
    for (const spec of specs) {
      for (const name of await readdir(spec.folder))
        zip.addFile(join(spec.folder, name), `${basename(spec.folder)}/${name}`);
    }
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(at('export.zip')));
  });
  const { at } = seen;

  it('opens with its four sequences recognised', async () => {
    const { page } = seen;
    await page.getByTestId('file-input').setInputFiles(at('export.zip'));
    for (const sequence of ['T1', 'T1ce', 'T2', 'FLAIR'])
      await page.getByRole('switch', { name: `Use ${sequence}`, exact: true }).waitFor();
    await picture(page, 'dicom-2-opened');
    expect(await violations(page)).toEqual([]);
  });

  it('says of every series that is not used why', async () => {
    for (const why of [
      'its voxels are a mask, whatever names and headers say',
      'acquired after contrast agent was given',
    ])
      await expect.poll(() => seen.page.locator('body').textContent()).toContain(why);
  });

  it(
    'is prepared and segmented in one go, every step with its picture',
    async () => {
      const { page } = seen;
      await segmentRaw(page);
      // Without a warning it is one line.
      const show = page.getByTestId('preparation').getByRole('button', { name: 'Show', exact: true });
      const steps = page.getByTestId('preparation-steps').locator('details');
      const unfolded = async () => {
        if (await show.isVisible()) await show.click();
        return steps.count();
      };
      await expect.poll(unfolded).toBe(7);
      await picture(page, 'dicom-3-segmented');
      const brain = steps.filter({ hasText: 'Brain cut out' });
      if ((await brain.getAttribute('open')) === null) await brain.locator('summary').click();
      const enlarge = brain.getByRole('button', { name: /^Enlarge/ });
      await enlarge.click();
      const large = page.getByRole('dialog', { name: 'Brain cut out' }).locator('img');
      await expect
        .poll(() => large.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth))
        .toBeGreaterThan(500);
      await picture(page, 'dicom-4-check-picture');
      await page.keyboard.press('Escape');
      expect(await violations(page)).toEqual([]);
    },
    PATIENCE,
  );

  it('shows the brain mask for correction, and takes a stroke back', async () => {
    const { page } = seen;
    await page.getByRole('button', { name: 'Correct the brain mask' }).click();
    const use = page.getByRole('button', { name: 'Use this brain mask' });
    await use.waitFor();
    await page.getByRole('button', { name: 'Eraser' }).click();
    const pane = page.locator('canvas[data-plane=axial]');
    await pane.waitFor();
    await frames(page);
    const box = (await pane.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.4);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.55, box.y + box.height * 0.45, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => use.isEnabled()).toBe(true);
    await picture(page, 'dicom-5-brain-mask');
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => use.isEnabled()).toBe(false);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Leave it as it was' }).click();
  });

  it(
    'is exported as DICOM-SEG, pictures for the PACS, native masks and stripped images that name nobody',
    async () => {
      const { page } = seen;
      await page.getByRole('button', { name: 'Export' }).click();
      const dialog = page.getByRole('dialog', { name: /^Export/ });
      await dialog.getByText('My choice').click();
      for (const choice of [
        'DICOM-SEG for the PACS',
        'Pictures with outlines for the PACS',
        'skull-stripped images',
        'Neutral names',
      ])
        await dialog.getByLabel(choice).check();
      await dialog.getByText('carry the patient’s identity').waitFor();
      await picture(page, 'dicom-6-export');
      await exportInto(page, 'out');
      const written = await readdir(at('results/out'), { recursive: true });
      const segmentations = SEQUENCES.map((sequence) => `dicom/${sequence}_seg.dcm`);
      expect(written).toEqual(expect.arrayContaining(segmentations));
      for (const file of segmentations) expect(validatorErrors(at('results/out', file))).toEqual([]);
      const outlines = written.filter((name) => name.startsWith('dicom/t1ce_outlines/'));
      const report = JSON.parse(await readFile(at('results/out/report.json'), 'utf8'));
      const mask = await readLabelMap(at('results/out/native/flair_seg.nii.gz'));
      const onPrepared = written.find((name) => /^prepared\/.*_seg\.nii\.gz$/.test(name))!;
      expect((await readHeader(at('results/out', onPrepared))).size).toEqual([240, 240, 155]);
      expect(report.preparation).toMatchObject({ reference: 't1ce', brainMask: { source: 'atlas' } });
      expect(report.preparation.steps).toContainEqual(
        expect.objectContaining({ step: 'skull-strip', verdict: expect.stringMatching(/good|doubtful/) }),
      );
      expect(outlines).toHaveLength((await readHeader(at('results/out/native/t1ce_seg.nii.gz'))).size[2]);
      expect(validatorErrors(at('results/out', outlines[0]))).toEqual([]);
      expect(report.native.flair.ml.WT).toBeGreaterThan(1);
      const [segmentation] = python<{ frames: { lps: number[][] }[] }[]>('readSegmentations.py', [
        at('results/out/dicom/flair_seg.dcm'),
      ]);
      const labelled = mask.data.reduce((sum, label) => sum + (label === 0 ? 0 : 1), 0);
      expect(segmentation.frames.flatMap(({ lps }) => lps)).toHaveLength(labelled);
      const named = await Promise.all(
        written
          .filter((name) => !name.startsWith('dicom') && /\.(json|csv|html|gz)$/.test(name))
          .map(async (name) => {
            const bytes = await readFile(at('results/out', name));
            return `${name} ${name.endsWith('.gz') ? gunzipSync(bytes).subarray(0, 352) : bytes}`;
          }),
      );
      expect(named.length).toBeGreaterThan(8);
      expect(named.filter((text) => /4711|M.ller|19501231/.test(text))).toEqual([]);
    },
    PATIENCE,
  );

  it('raised no error on the way', () => expect(seen.complaints).toEqual([]));
});

describe.skipIf(!chromium)('a folder of DICOM with two patients', () => {
  const folder = temporaryFolder();
  let server: Served;
  let page: Page;

  beforeAll(async () => {
    const root = join(folder.path, 'both');
    const series = (description: string, number: number, slices: number, patient: string) =>
      writePhantomSeries(join(root, `${patient}-${number}`), {
        ...{ series: number, description, slices, patient, study: `1.2.${patient.length}`, brightness: 60 },
      });
    await series('T1 AX', 1, 8, 'Roe-4711');
    await series('FLAIR AX', 2, 8, 'Roe-4711');
    await series('FLAIR AX', 3, 6, 'Roe-4711');
    await series('T2 AX', 1, 8, 'Poe');
    server = await serve(join(folder.path, 'profile'), [root]);
    page = await (await browser().newContext({ bypassCSP: true, colorScheme: 'dark' })).newPage();
    await page.goto(server.address);
    await page.getByTestId('folder-input').setInputFiles(root);
    await page.getByRole('button', { name: 'List of examinations…' }).click();
    await page.getByTestId('studies').waitFor();
  });
  afterAll(async () => {
    await page?.context().close();
    await server?.close();
  });

  it('lists both examinations, opens the one that is chosen, and takes another series in one click', async () => {
    const list = page.getByTestId('studies');
    await expect.poll(() => list.textContent()).toContain('2020-01-31');
    expect(await violations(page)).toEqual([]);
    await list.locator('li.study').filter({ hasText: '3 series' }).getByRole('button').click();
    await page.getByRole('switch', { name: 'Use FLAIR' }).waitFor();
    await expect.poll(() => page.getByRole('switch', { name: 'Use T2', exact: true }).count()).toBe(0);
    await page.getByText('1 other series of FLAIR').click();
    await page.getByText('covers 24 mm').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Use this: FLAIR AX as FLAIR' }).click();
    await page.getByText('6 DICOM files').first().waitFor();
    await page.getByText('another was chosen by the user').waitFor();
  });
});
