import { readFileSync } from 'node:fs';
import { csvParse } from 'd3-dsv';
import { decode } from 'fast-png';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { REGIONS } from '../../src/terms.js';

/**
 * Saves the results that are open, and their comparison with others, as CSV, LaTeX, SVG and PNG, and expects in the files the numbers and the
 * picture of the page.
 */
export async function expectSavedAsShown(page: Page, name: string, against: string): Promise<void> {
  const saved = (button: Locator) => savedBy(page, button);
  const results = page.getByTestId('evaluation');
  const csv = await saved(results.getByRole('button', { name: 'CSV', exact: true }));
  expect(csv.name).toBe(`${name}.csv`);
  const rows = csvParse(csv.bytes.toString());
  const latex = await saved(results.getByRole('button', { name: 'LaTeX' }));
  expect(latex.name).toBe(`${name}.tex`);
  const lines = latex.bytes
    .toString()
    .split('\n')
    .filter((line) => /bullet/.test(line));
  expect(lines).toHaveLength(15);
  const shown = await results.getByTestId('scores').locator('tbody tr').all();
  for (const [i, row] of shown.entries()) {
    const cells = await row.locator('td').allTextContents();
    for (const [r, region] of REGIONS.entries()) {
      const mine = rows.filter((one) => one.region === region)[i];
      const dice = (100 * Number(mine.dice)).toFixed(1);
      expect(cells[4 + 2 * r]).toBe(`${dice} (${mine.dice_patients})`);
      expect(cells[5 + 2 * r]).toBe(
        `${(100 * Number(mine.dice_low)).toFixed(1)}–${(100 * Number(mine.dice_high)).toFixed(1)}`,
      );
      expect(lines[i].split(' & ')[5 + r]).toBe(`${dice} (${mine.dice_patients})`);
    }
  }
  const paired = await saved(results.getByRole('button', { name: 'Save the comparison as CSV' }));
  expect(paired.name).toBe(`${name}-minus-${against}.csv`);
  const [first] = csvParse(paired.bytes.toString()).filter((one) => one.region === 'WT');
  const cells = await page
    .getByTestId('comparison')
    .locator('tbody tr')
    .first()
    .locator('td')
    .allTextContents();
  expect(Number(cells[2].replace('−', '-'))).toBeCloseTo(Number(first.difference), 3);

  const label = 'Dice WT of every combination';
  const svg = await saved(results.getByRole('button', { name: `Save as SVG: ${label}` }));
  expect(svg.name).toBe('dice-wt-of-every-combination.svg');
  const parsed = (await page.evaluate(`(() => {
    const { documentElement: root } = new DOMParser().parseFromString(${JSON.stringify(svg.bytes.toString())}, 'image/svg+xml');
    const texts = [...root.querySelectorAll('text')].map((one) => one.textContent);
    return { tag: root.tagName, size: ['width', 'height'].map((name) => Number(root.getAttribute(name))), texts };
  })()`)) as { tag: string; size: number[]; texts: string[] };
  expect(parsed.tag).toBe('svg');
  expect(parsed.texts).toContain('T1ce + FLAIR');
  const png = await saved(results.getByRole('button', { name: `Save as PNG: ${label}` }));
  expect(png.name).toBe('dice-wt-of-every-combination.png');
  const { width, height, data } = decode(png.bytes);
  expect([width, height]).toEqual(parsed.size.map((side) => Math.round(2 * side)));
  expect(new Set(data).size).toBeGreaterThan(10);
}

/** What a button saves through the browser's download. */
async function savedBy(page: Page, button: Locator): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}
