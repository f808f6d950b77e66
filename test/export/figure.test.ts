import { spawnSync } from 'node:child_process';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { figureSvg } from '../../src/export/figure.js';
import type { Affine } from '../../src/volume/volume.js';
import { missingProgram } from '../support/missing.js';

/** Every element of an XML document, by Python's own reader. */
const READ = `
import json, sys, xml.etree.ElementTree as ET
root = ET.fromstring(sys.stdin.buffer.read())
print(json.dumps([{'tag': e.tag.split('}')[1], 'text': e.text or '', 'at': {k.split('}')[-1]: v for k, v in e.attrib.items()}} for e in root.iter()]))`;
const python = spawnSync('python3', ['-c', 'import xml.etree.ElementTree']).status === 0;
if (!python) missingProgram('figures as SVG', 'python3');

interface Element {
  readonly tag: string;
  readonly text: string;
  readonly at: Readonly<Record<string, string>>;
}
const elementsOf = (svg: string): Element[] =>
  JSON.parse(spawnSync('python3', ['-c', READ], { input: svg, encoding: 'utf8' }).stdout);

/** Voxels of 2 × 1 × 3 mm whose axes grow to the right, the front and the head. */
const SIZE = [20, 30, 4] as const;
const AFFINE = [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1] as unknown as Affine;
const at = (x: number, y: number, z: number) => x + SIZE[0] * (y + SIZE[1] * z);
const volumeOf = (value: (x: number, y: number, z: number) => number) => {
  const data = new Float32Array(SIZE[0] * SIZE[1] * SIZE[2]);
  for (let z = 0; z < SIZE[2]; z++)
    for (let y = 0; y < SIZE[1]; y++) for (let x = 0; x < SIZE[0]; x++) data[at(x, y, z)] = value(x, y, z);
  return { size: SIZE, affine: AFFINE, data };
};
const isHead = (x: number, y: number) => x >= 4 && x < 16 && y >= 5 && y < 25;
const images = {
  t1: volumeOf((x, y) => (isHead(x, y) ? 100 + x : 0)),
  flair: volumeOf((x, y) => (isHead(x, y) ? 200 + y : 0)),
};
/** On slice 2 a ring of oedema, 6 × 6 with a hole of 2 × 2 voxels, and in the hole one voxel that enhances. */
const labels = Uint8Array.from(
  volumeOf((x, y, z) => {
    if (z !== 2 || x < 6 || x >= 12 || y < 8 || y >= 14) return 0;
    if (x < 8 || x >= 10 || y < 10 || y >= 12) return 2;
    return x === 8 && y === 10 ? 4 : 0;
  }).data,
);
const grid = { size: SIZE, affine: AFFINE };
const words = { title: 'A <B> & "C"\u0007', description: 'Not for diagnosis.', sidesKnown: true };
const one = { members: ['t1', 'flair'], labels, title: 'T1 + FLAIR', guesses: [4] } as const;

/** Twice the signed areas of all parts, made positive: rims less holes. */
function areaOf(d: string): number {
  const parts = d.split('Z').filter(Boolean);
  const twice = parts.map((part) => {
    const points = part
      .slice(1)
      .split('L')
      .map((point) => point.split(' ').map(Number));
    return points.reduce((sum, [x, y], n) => {
      const [nextX, nextY] = points[(n + 1) % points.length];
      return sum + x * nextY - y * nextX;
    }, 0);
  });
  return Math.abs(twice.reduce((sum, value) => sum + value, 0)) / 2;
}

describe.skipIf(!python)('a figure as SVG', () => {
  const elements = elementsOf(figureSvg(images, grid, [one], words));
  const all = (tag: string) => elements.filter((element) => element.tag === tag);
  const texts = all('text').map(({ text }) => text);
  const [root] = elements;
  const [picture] = all('image');
  const panel = { width: Number(picture.at.width), height: Number(picture.at.height) };

  it('is XML whatever the case is called, and 180 mm wide at most', () => {
    expect(all('title')[0].text).toBe('A <B> & "C" ');
    expect(root.at.width).toMatch(/^[\d.]+mm$/);
    expect(Number.parseFloat(root.at.width)).toBeLessThanOrEqual(180);
    expect(root.at.viewBox).toBe(
      `0 0 ${Number.parseFloat(root.at.width)} ${Number.parseFloat(root.at.height)}`,
    );
  });

  it('has its words as text', () => {
    expect(texts).toEqual(
      expect.arrayContaining(['T1', 'FLAIR', 'T1 + FLAIR', 'a guess: enhancing', '20 mm', 'R']),
    );
    expect(texts).toEqual(expect.arrayContaining(['oedema or infiltration', 'enhancing tumour']));
    // It is not on this slice.
    expect(texts).not.toContain('non-enhancing core');
    expect(
      elementsOf(figureSvg(images, grid, [one], { ...words, sidesKnown: false })).map(({ text }) => text),
    ).not.toContain('R');
  });

  it('embeds each image once, turned so that the patient’s right is on the left, in true proportions', () => {
    expect(all('image').map(({ at: { id } }) => id)).toEqual(['t1', 'flair']);
    expect(all('use').map(({ at: { href } }) => href)).toEqual(['#t1', '#flair', '#flair']);
    const png = decode(Buffer.from(picture.at.href.split(',')[1], 'base64'));
    // The head, 12 × 20 voxels, with a margin of 4.
    expect([png.width, png.height, png.channels]).toEqual([20, 28, 1]);
    expect(panel.width / panel.height).toBeCloseTo((20 * 2) / 28, 3);
    // T1 grows to the right of the patient: brightest at the left of the picture.
    const row = 14 * png.width;
    expect(png.data[row + 4]).toBeGreaterThan(png.data[row + 15]);
    expect(png.data[row + 3]).toBe(0);
  });

  it('outlines each label by a path of exactly its pixels, a hole left open', () => {
    const paths = all('path').filter(({ at: { id } }) => id);
    expect(paths.map(({ at: { id } }) => id)).toEqual(['mask-1-label-2', 'mask-1-label-4']);
    const pixel = (panel.width / 20) * (panel.height / 28);
    expect(areaOf(paths[0].at.d) / pixel).toBeCloseTo(32, 1);
    expect(areaOf(paths[1].at.d) / pixel).toBeCloseTo(1, 1);
    expect(paths[0].at['fill-rule']).toBe('evenodd');
    // The voxel that enhances, x 8 of 20 and y 10 of 30, lies at column 11 and row 19 of the slice; the crop begins at 0 and 1.
    const numbers = paths[1].at.d.match(/[\d.]+/g)!.map(Number);
    const least = (axis: number) => Math.min(...numbers.filter((_, n) => n % 2 === axis));
    const [left, top] = [least(0), least(1)];
    expect(left).toBeCloseTo((11 * panel.width) / 20, 2);
    expect(top).toBeCloseTo((18 * panel.height) / 28, 2);
  });

  it('puts several masks in rows of their own, with paths of their own', () => {
    const other = {
      members: ['t1'],
      labels: labels.map((label) => (label === 4 ? 0 : label)),
      title: 'T1',
      guesses: [1, 2, 4],
    } as const;
    const many = elementsOf(
      figureSvg(images, grid, [one, other, { ...other, labels: new Uint8Array(labels.length) }], words),
    );
    expect(many.flatMap(({ at: { id } }) => id ?? [])).toEqual([
      't1',
      'flair',
      'mask-1-label-2',
      'mask-1-label-4',
      'mask-2-label-2',
    ]);
    expect(many.map(({ text }) => text)).toContain('a guess: oedema, core, enhancing');
    const places = many.flatMap(({ tag, at: { transform } }) =>
      tag === 'g' && transform ? [transform] : [],
    );
    // Panels and what is in them by turns: two images, then a row of three masks.
    expect(places.filter((_, n) => n % 2 === 0).map((place) => place.split(' ')[1] === '0)')).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
