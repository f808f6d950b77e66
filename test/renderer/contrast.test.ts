import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_STYLES } from '../../renderer/logic/colours.js';
import { REGIONS } from '../../src/terms.js';

/** Colours that axe does not judge: of what is disabled, and of bars. */

type Rgb = readonly number[];
const tokens = readFileSync('renderer/styles/tokens.css', 'utf8');
const topBar = readFileSync('renderer/components/TopBar.svelte', 'utf8');
const dotMatrix = readFileSync('renderer/views/compare/DotMatrix.svelte', 'utf8');
const themeOf = (name: string) => {
  const [light, dark] = tokens.split(':root[data-theme="dark"]');
  const all = new Map<string, Rgb>();
  for (const block of name === 'dark' ? [light, dark] : [light])
    for (const [, token, colour] of block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g))
      all.set(token, rgb(colour));
  return (token: string) => all.get(token)!;
};
const rgb = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
/** CSS color-mix in sRGB. */
const mix = (a: Rgb, share: number, b: Rgb): Rgb => a.map((value, i) => share * value + (1 - share) * b[i]);

/** WCAG 2, relative luminance and contrast ratio. */
const luminance = (colour: Rgb) =>
  colour
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, i) => sum + [0.2126, 0.7152, 0.0722][i] * value, 0);
function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(['light', 'dark'])('%s', (name) => {
  const token = themeOf(name);

  it('a tab that is disabled can be read', () => {
    const share = /\.tab:disabled \{\s*color: color-mix\(in srgb, var\(--muted\) (\d+)%/.exec(topBar)![1];
    const text = mix(token('muted'), Number(share) / 100, token('surface'));
    expect(contrast(text, token('surface'))).toBeGreaterThan(4.5);
  });

  it.each(REGIONS)('the bar of a guess is seen: %s', (region) => {
    const share = /var\(--colour\) (\d+)%, var\(--text\)/.exec(dotMatrix)![1];
    const border = mix(rgb(DEFAULT_STYLES[region].colour), Number(share) / 100, token('text'));
    expect(contrast(border, token('surface'))).toBeGreaterThan(3);
  });
});

it('the contrast of black and white is 21, of equal colours 1', () => {
  expect(contrast([0, 0, 0], [1, 1, 1])).toBeCloseTo(21, 9);
  expect(contrast(rgb('#777777'), rgb('#777777'))).toBe(1);
});
