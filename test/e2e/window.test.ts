import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyStudy } from '../session/harness.js';
import { temporaryFolder } from '../volume/folder.js';
import {
  answerQuestions,
  frames,
  haveChromium,
  openServerFolder,
  openView,
  picture,
  pictureStands,
  type Served,
  segmentAnyway,
  serve,
} from './browser.js';
import { oneBrowser } from './oneBrowser.js';
import { wheelSteps } from './timings.js';

const SUITE = 'one window: drops, keys, scrolling, a reload, the picture';
const chromium = haveChromium(SUITE);
const VIEWPORT = { width: 1366, height: 768 };
const VIEWS = ['Case', 'Compare', 'Correct', 'Models', 'Settings'] as const;

/** The page believes that a graphics card draws: niivue is then used for the slices too. */
const CLAIM_A_GPU = `
  const { getParameter } = WebGL2RenderingContext.prototype;
  WebGL2RenderingContext.prototype.getParameter = function (name) {
    const value = getParameter.call(this, name);
    return typeof value === 'string' && value.includes('SwiftShader') ? 'ANGLE (A graphics card)' : value;
  };
`;

/** Drags files and folders of the disk onto a point, as the file manager does. */
async function drag(page: Page, paths: readonly string[], { x, y }: { x: number; y: number }, drop = true) {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', ...(drop ? ['drop'] : [])] as const)
    await session.send('Input.dispatchDragEvent', { type: type as 'drop', x, y, data });
  await session.detach();
}

async function middleOf(page: Page, selector: string): Promise<{ x: number; y: number }> {
  const box = (await page.locator(selector).first().boundingBox())!;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Share of an element's pixels that are not grey. */
async function colouredShare(page: Page, selector: string): Promise<number> {
  const png = (await page.locator(selector).screenshot()).toString('base64');
  const blank = await page.context().browser()!.newPage();
  const share = await blank.evaluate(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${png}';
    await image.decode();
    const { width, height } = image;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    let coloured = 0;
    for (let at = 0; at < data.length; at += 4) {
      const [red, green, blue] = data.slice(at, at + 3);
      if (Math.max(red, green, blue) - Math.min(red, green, blue) > 40) coloured++;
    }
    return coloured / (width * height);
  })()`);
  await blank.close();
  return share as number;
}

/** The voxel under the crosshair. */
const voxel = async (page: Page) =>
  (await page.getByTestId('readout').textContent())!
    .match(/Voxel (\d+), (\d+), (\d+)/)!
    .slice(1)
    .map(Number);

const browser = oneBrowser(chromium);

for (const { name, claim, canvas } of [
  { name: 'drawn by the processor', claim: false, canvas: 'canvas[data-plane=axial]' },
  { name: 'drawn by niivue', claim: true, canvas: 'canvas[data-viewer=niivue][data-image]' },
])
  describe.skipIf(!chromium)(`${SUITE}, ${name}`, () => {
    const folder = temporaryFolder();
    const at = (...parts: string[]) => join(folder.path, ...parts);
    let server: Served;
    let page: Page;

    beforeAll(async () => {
      await mkdir(at('root'), { recursive: true });
      await writeTinyStudy(at('root'), 'patient');
      await writeTinyStudy(at('cohort'), 'first', ['t1', 'flair']);
      await writeTinyStudy(at('cohort'), 'second', ['flair']);
      await writeTinyStudy(at('single'), 'third', ['flair']);
      await mkdir(at('masks'), { recursive: true });
      const [image] = await readdir(at('single', 'third'));
      await copyFile(at('single', 'third', image), at('masks', 'a_seg.nii.gz'));
      server = await serve(at('profile'), [at('root')]);
      page = await browser().newPage({ viewport: VIEWPORT });
      if (claim) await page.addInitScript(CLAIM_A_GPU);
      await page.goto(server.address);
      await page.getByRole('button', { name: /sample patient/ }).waitFor();
      await openServerFolder(page, 'patient');
      await stands();
    });
    const stands = () => pictureStands(page, canvas);
    /** Clicks on a place of the picture, and gives the voxel there, which must not be the one of before. */
    const clickOn = async (x: number, y: number) => {
      const before = await voxel(page);
      await page.mouse.click(x, y);
      await expect.poll(() => voxel(page)).not.toEqual(before);
      return voxel(page);
    };
    afterAll(async () => {
      await page?.context().close();
      await server?.close();
    });

    it('leads S to the first question without an answer, and names it', async () => {
      await page.locator('main').press('s');
      const focused = () =>
        page.evaluate(`document.activeElement.closest('[data-question]')?.dataset.question`);
      await expect.poll(focused).toBe('adult');
      await page.locator('.notices').getByText('Is the patient an adult?').waitFor();
      await page.locator('[data-question=adult] label').getByText('Yes', { exact: true }).click();
      await page.locator('main').press('s');
      await expect.poll(focused).toBe('treated');
      await answerQuestions(page);
    });

    it('shows the numbers of a result together with its mask', async () => {
      // The first moment at which a volume stands there: was the mask on its way still?
      await page.evaluate(`globalThis.seen = new Promise((resolve) => {
        new MutationObserver((_, observer) => {
          if (!document.querySelector('[data-testid=volumes]')) return;
          observer.disconnect();
          resolve(document.querySelector('.stage').getAttribute('aria-busy'));
        }).observe(document.body, { childList: true, subtree: true });
      }); 0`);
      await segmentAnyway(page);
      expect(await page.evaluate('globalThis.seen')).toBe('false');
      await picture(page, `case-${claim ? 'niivue' : 'canvas'}`);
    });

    const stands3d = () => pictureStands(page, 'canvas[data-viewer=niivue][data-image]');
    it.skipIf(claim)('shows the mask inside the brain in 3-D', async () => {
      await page.getByRole('button', { name: '3-D' }).click();
      await page.locator('canvas[data-viewer=niivue][data-image]').waitFor();
      await page.keyboard.press('c');
      const shares: number[] = [];
      for (const opacity of ['1', '0.2']) {
        await stands3d();
        const drawn = () => page.evaluate(`performance.getEntriesByName('quorum:drawn-3d').length`);
        const before = (await drawn()) as number;
        await page.getByLabel('Brain in 3-D').fill(opacity);
        await expect.poll(drawn).toBeGreaterThan(before);
        await stands3d();
        await picture(page, `window-3d-${opacity}`);
        shares.push(await colouredShare(page, 'canvas[data-viewer=niivue]'));
      }
      expect(shares[1]).toBeGreaterThan(1.5 * shares[0]);
      await page.keyboard.press('c');
      await page.getByRole('button', { name: 'Three planes' }).click();
      await page.locator('canvas[data-plane=axial]').waitFor();
    });

    it('cuts no reason and keeps the toolbar in one row, at 1366 pixels', async () => {
      await stands();
      const cut = await page.evaluate(`[...document.querySelectorAll('.slot p')]
        .filter((line) => line.scrollWidth > line.clientWidth).map((line) => line.textContent)`);
      expect(cut).toEqual([]);
      const bar = page.getByRole('toolbar', { name: 'How the images are shown' });
      expect((await bar.boundingBox())!.height).toBeLessThan(48);
      await page.locator('main').press('r');
      await stands();
      expect((await bar.boundingBox())!.height).toBeLessThan(48);
      await page.locator('main').press('r');
    });

    it('measures between two points what their voxels are apart', async () => {
      await page.getByRole('button', { name: 'Axial' }).click();
      await page.locator('main').press('0');
      // One pane takes the place of three.
      await stands();
      const box = (await page.locator(canvas).first().boundingBox())!;
      const points = [
        [0.36, 0.38],
        [0.62, 0.6],
      ].map(([x, y]) => [box.x + x * box.width, box.y + y * box.height] as const);
      const places: number[][] = [];
      for (const [x, y] of points) places.push(await clickOn(x, y));
      await page.locator('main').press('d');
      await page.mouse.move(...points[0]);
      await page.mouse.down();
      await page.mouse.move(...points[1], { steps: 3 });
      await page.mouse.up();
      await page.locator('main').press('d');
      const measured = () => page.getByTestId('measured').textContent();
      await expect.poll(measured).toMatch(/^Ruler: [\d.]+ mm$/);
      // The test's images have voxels of 1 mm; a voxel is known to half of itself at both ends.
      const apart = Math.hypot(...places[0].map((v, axis) => v - places[1][axis]));
      expect(apart).toBeGreaterThan(5);
      expect(Math.abs(Number.parseFloat((await measured())!.slice(7)) - apart)).toBeLessThan(1.5);
      await page.locator('main').press('Delete');
      await expect.poll(measured).toBe('');
      await page.getByRole('button', { name: 'Three planes' }).click();
    });

    it('moves with the keys that the help promises, in the plane that was pointed at', async () => {
      await page.getByRole('button', { name: 'Axial' }).click();
      await stands();
      const { x, y } = await middleOf(page, canvas);
      await clickOn(x, y);
      await page.locator(canvas).first().focus();
      for (const [key, change] of [
        ['ArrowRight', [-1, 0, 0]],
        ['ArrowLeft', [1, 0, 0]],
        ['ArrowUp', [0, 1, 0]],
        ['ArrowDown', [0, -1, 0]],
        ['PageUp', [0, 0, 1]],
        ['PageDown', [0, 0, -1]],
      ] as const) {
        const before = await voxel(page);
        await page.keyboard.press(key);
        await expect
          .poll(async () => (await voxel(page)).map((v, axis) => v - before[axis]), { message: key })
          .toEqual(change);
      }
    });

    it('changes the slice by the wheel, zooms with Ctrl', async () => {
      const { x, y } = await middleOf(page, canvas);
      await page.mouse.move(x, y);
      const before = await voxel(page);
      await page.mouse.wheel(0, -100);
      await expect
        .poll(async () => (await voxel(page)).map((v, axis) => v - before[axis]))
        .toEqual([0, 0, -1]);
      await page.keyboard.down('Control');
      await page.mouse.wheel(0, -100);
      await page.keyboard.up('Control');
      await page.getByText('115 %').waitFor();
      await page.getByRole('button', { name: 'Zoom out' }).click();
    });

    it('measures by keys alone', async () => {
      await page.getByRole('button', { name: 'Axial' }).click();
      await stands();
      const { x, y } = await middleOf(page, canvas);
      await page.mouse.click(x, y);
      await frames(page);
      await page.locator('main').press('d');
      await page.locator(canvas).first().focus();
      const before = await voxel(page);
      for (const key of ['Enter', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'Enter', 'ArrowUp'])
        await page.keyboard.press(key);
      await expect.poll(() => voxel(page)).toEqual([before[0] - 3, before[1], before[2]]);
      // Voxels of 1 mm: three across and one down.
      await expect.poll(() => page.getByTestId('measured').textContent()).toBe('Ruler: 3.2 mm');
      await page.keyboard.press('Delete');
      await page.keyboard.press('d');
    });

    it('is worked as people know it: planes by digits, window, pan and one pane alone by the mouse, the mask by keys', async () => {
      const isPressed = (name: string) =>
        page.getByRole('button', { name, exact: false }).first().getAttribute('aria-pressed');
      const main = page.locator('main');
      for (const [key, name] of [
        ['2', 'Coronal'],
        ['3', 'Sagittal'],
        ['4', 'Three planes'],
        ['1', 'Axial'],
      ] as const) {
        await main.press(key);
        await expect.poll(() => isPressed(name), { message: name }).toBe('true');
      }
      await stands();
      const darkest = page.getByRole('slider', { name: 'Darkest value' });
      const [dark, { x, y }] = [await darkest.getAttribute('aria-valuenow'), await middleOf(page, canvas)];
      await page.mouse.move(x, y);
      await page.mouse.down({ button: 'right' });
      await page.mouse.move(x + 40, y + 60, { steps: 3 });
      await page.mouse.up({ button: 'right' });
      await expect.poll(() => darkest.getAttribute('aria-valuenow')).not.toBe(dark);
      await page.mouse.click(x, y);
      await frames(page);
      const before = await voxel(page);
      await page.mouse.move(x, y);
      await page.mouse.down({ button: 'middle' });
      await page.mouse.move(x + 60, y, { steps: 3 });
      await page.mouse.up({ button: 'middle' });
      await frames(page);
      await page.mouse.click(x, y);
      // What lies there now lay 60 pixels further to the left, which is the patient's right.
      await expect.poll(async () => (await voxel(page))[0] - before[0]).not.toBe(0);
      await main.press('0');
      await main.press('4');
      await expect.poll(() => isPressed('Three planes')).toBe('true');
      await stands();
      // Niivue's canvas holds all panes: which one a place is in is the adapter's to say.
      if (!claim) {
        const pane = (await page.locator(canvas).first().boundingBox())!;
        await page.mouse.dblclick(pane.x + pane.width / 2, pane.y + pane.height / 2);
        await expect.poll(() => isPressed('Axial')).toBe('true');
      }
      const opacity = page.getByRole('slider', { name: /^Opacity/ });
      const opaque = Number(await opacity.inputValue());
      await main.press('[');
      await expect.poll(async () => Number(await opacity.inputValue())).toBeCloseTo(opaque - 0.1, 5);
      await main.press(']');
      const mask = page.getByRole('switch', { name: 'Show the mask' });
      const shown = await mask.isChecked();
      await main.press('Space');
      await expect.poll(() => mask.isChecked()).toBe(!shown);
      await main.press('Space');
    });

    it('never scrolls the page away, in any view', async () => {
      for (const view of VIEWS) {
        await openView(page, view);
        await frames(page);
        expect(await page.evaluate('document.documentElement.scrollHeight - innerHeight'), view).toBe(0);
        for (const [x, y] of [
          [700, 20],
          [100, 740],
          [700, 740],
          [1300, 700],
        ]) {
          await page.mouse.move(x, y);
          for (let turn = 0; turn < 6; turn++) await page.mouse.wheel(0, 600);
        }
        await frames(page);
        expect(
          await page.evaluate('document.querySelector("header").getBoundingClientRect().top'),
          view,
        ).toBe(0);
      }
    });

    it('keeps view, combination and crosshair over a reload', async () => {
      await openView(page, 'Case');
      await page.locator(canvas).first().focus();
      const begun = await voxel(page);
      for (let step = 0; step < 4; step++) await page.keyboard.press('PageUp');
      await expect.poll(async () => (await voxel(page))[2]).toBe(begun[2] + 4);
      const before = await voxel(page);
      await openView(page, 'Compare');
      await page.locator('button[data-combination="t1+flair"]').click();
      await page.reload();
      const tile = page.locator('figure[data-tile="t1+flair"]');
      await tile.locator('canvas').first().waitFor();
      await picture(page, 'compare-after-reload');
      await expect.poll(() => page.locator('figure[data-tile]').count()).toBe(1);
      await openView(page, 'Case');
      await page.locator(canvas).first().waitFor();
      await expect.poll(() => voxel(page)).toEqual(before);
    });

    it('leaves the view that was chosen while the case was still coming', async () => {
      let letGo = () => {};
      const held = new Promise<void>((done) => {
        letGo = done;
      });
      await page.route('**/api/call', async (route) => {
        if (route.request().postDataBuffer()?.includes('cases.list')) await held;
        await route.continue();
      });
      await page.reload();
      await openView(page, 'Models');
      letGo();
      await expect.poll(() => page.title()).toContain('patient');
      const current = page.getByRole('navigation', { name: 'Views' }).locator('[aria-current=page]');
      await frames(page);
      expect(await current.textContent()).toBe('Models');
      await page.unrouteAll();
    });

    it('opens several patients that are dropped on the image as a cohort, and leaves the open case until one is chosen', async () => {
      await openView(page, 'Case');
      await page.locator(canvas).first().waitFor();
      const place = await middleOf(page, canvas);
      await drag(page, [at('cohort')], place, false);
      await page.getByText('Drop the patient’s folder or files').waitFor();
      // From a panel into the picture the zone stays.
      await drag(page, [at('cohort')], { x: 80, y: 300 }, false);
      await drag(page, [at('cohort')], place, false);
      await frames(page);
      expect(await page.getByText('Drop the patient’s folder or files').isVisible()).toBe(true);
      await drag(page, [at('cohort')], place);
      const table = page.getByTestId('cohort-table');
      await table.waitFor();
      await picture(page, 'several-patients');
      await openView(page, 'Case');
      await page.getByRole('heading', { name: 'patient', exact: true }).waitFor();
      await openView(page, 'Cohort');
      await table.getByText('second', { exact: true }).click();
      await page.getByRole('button', { name: 'Open', exact: true }).click();
      await page.getByRole('heading', { name: 'second', exact: true }).waitFor();
      await openView(page, 'Cohort');
      await page.getByRole('button', { name: 'Close', exact: true }).click();
      await table.waitFor({ state: 'detached' });
      await openView(page, 'Case');
      await page.getByRole('heading', { name: 'second', exact: true }).waitFor();
    });

    it.skipIf(claim)('draws in 3-D when it is asked for', async () => {
      await page.getByRole('button', { name: '3-D' }).click();
      await page.locator('canvas[data-viewer=niivue][data-image]').waitFor();
      await page.getByRole('button', { name: 'Three planes' }).click();
      await page.locator('canvas[data-plane=axial]').waitFor();
      await page.locator('canvas[data-viewer=niivue]').waitFor({ state: 'detached' });
    });

    it.skipIf(claim)('changes the slice of a whole head within 150 ms, without a graphics card', async () => {
      await page.getByRole('button', { name: 'Close', exact: true }).click();
      await page.getByRole('button', { name: /sample patient/ }).click();
      await pictureStands(page, 'canvas[data-plane=axial]');
      // The fastest, and again: other work on the machine only adds.
      await expect
        .poll(
          async () => {
            const steps = await wheelSteps(page);
            console.info(`wheel steps, three planes, [${steps.map(Math.round).join(', ')}] ms`);
            return Math.min(...steps);
          },
          { timeout: 90_000, interval: 1000 },
        )
        .toBeLessThan(150);
    });

    it.skipIf(!claim)('draws a step once, and casts rays at rest only', async () => {
      const draws = async (kind: string) =>
        (await page.evaluate(`performance.getEntriesByName('${kind}').length`)) as number;
      const { x, y } = await middleOf(page, canvas);
      await page.getByRole('button', { name: 'Three planes' }).click();
      await page.setViewportSize({ width: 1500, height: 1100 });
      await page.mouse.move(x, y);
      await expect.poll(() => draws('quorum:drawn-3d')).toBeGreaterThan(0);
      await stands();
      const both = async () => [await draws('quorum:drawn'), await draws('quorum:drawn-3d')];
      // On a busy machine what the window's new size asks for is drawn late.
      let [before, before3d] = [-1, -1];
      await expect
        .poll(
          async () => {
            const earlier = [before, before3d];
            [before, before3d] = await both();
            return [before, before3d].join() === earlier.join();
          },
          { interval: 3000 },
        )
        .toBe(true);
      await page.locator(canvas).press('PageUp');
      // The step, then the rest, then nothing.
      await expect.poll(() => draws('quorum:drawn-3d')).toBe(before3d + 1);
      await page.waitForTimeout(1000);
      expect((await draws('quorum:drawn')) - before).toBe(2);
      expect((await draws('quorum:drawn-3d')) - before3d).toBe(1);
      await picture(page, 'niivue-at-rest');
      await page.setViewportSize(VIEWPORT);
    });

    it('says in the middle why a folder cannot be segmented', async () => {
      const place = await middleOf(page, canvas);
      await drag(page, [at('masks')], place);
      await page.getByTestId('unusable').getByText('There are masks here, but no image.').waitFor();
      await picture(page, 'only-masks');
    });

    it('opens one patient that is dropped on the image', async () => {
      await drag(page, [at('single', 'third')], { x: 650, y: 400 });
      await page.getByRole('heading', { name: 'third', exact: true }).waitFor();
    });
  });
