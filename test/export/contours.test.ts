import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Contour, contoursOf, loopsOf } from '../../src/export/contours.js';

/** A drawing: `#` is inside. */
function drawn(...lines: string[]) {
  return {
    rows: lines.length,
    columns: lines[0].length,
    isInside: (row: number, column: number) => lines[row][column] === '#',
  };
}

/** Whether a point is in one polygon by the even-odd rule. */
function holds(contour: Contour, column: number, row: number): boolean {
  let inside = false;
  contour.forEach(([x, y], n) => {
    const [px, py] = contour[(n + contour.length - 1) % contour.length];
    if (y > row !== py > row && column < ((px - x) * (row - y)) / (py - y) + x) inside = !inside;
  });
  return inside;
}

function area(contour: Contour): number {
  let twice = 0;
  contour.forEach(([x, y], n) => {
    const [px, py] = contour[(n + contour.length - 1) % contour.length];
    twice += px * y - x * py;
  });
  return twice / 2;
}

/** 4-connected parts, by flooding. */
function countParts({ rows, columns, isInside }: ReturnType<typeof drawn>): number {
  const seen = new Set<number>();
  let parts = 0;
  for (let start = 0; start < rows * columns; start++) {
    const todo = [start];
    let grew = false;
    while (todo.length > 0) {
      const at = todo.pop()!;
      const [r, c] = [Math.floor(at / columns), at % columns];
      if (seen.has(at) || !isInside(r, c)) continue;
      seen.add(at);
      grew = true;
      if (r > 0) todo.push(at - columns);
      if (r < rows - 1) todo.push(at + columns);
      if (c > 0) todo.push(at - 1);
      if (c < columns - 1) todo.push(at + 1);
    }
    if (grew) parts++;
  }
  return parts;
}

describe('contoursOf', () => {
  it('runs around a pixel half a pixel from its centre', () => {
    const [contour, ...others] = contoursOf(drawn('...', '.#.', '...'));
    expect(others).toEqual([]);
    expect(contour).toHaveLength(4);
    for (const [x, y] of contour) expect([Math.abs(x - 1), Math.abs(y - 1)]).toEqual([0.5, 0.5]);
  });

  it('keeps pixels apart that touch at a corner', () => {
    expect(contoursOf(drawn('#.', '.#')).map(area)).toEqual([1, 1]);
  });

  it('joins holes to the rim: one polygon a part', () => {
    const region = drawn('#######', '#.#.#.#', '#######', '#..#..#', '#######');
    const contours = contoursOf(region);
    expect(contours.map(area)).toEqual([28]);
    expect(holds(contours[0], 1, 1)).toBe(false);
    expect(holds(contours[0], 2, 1)).toBe(true);
  });

  it('keeps an island in a hole as a part of its own', () => {
    const contours = contoursOf(drawn('#####', '#...#', '#.#.#', '#...#', '#####'));
    expect(contours.map(area).sort()).toEqual([1, 16]);
  });

  it('is empty where nothing is inside', () => {
    expect(contoursOf(drawn('..', '..'))).toEqual([]);
  });

  it('holds exactly the centres of the pixels inside, at any shape', () => {
    const shape = fc
      .tuple(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      )
      .chain(([rows, columns, filled]) =>
        fc
          .array(fc.double({ min: 0, max: 1, noNaN: true }), {
            minLength: rows * columns,
            maxLength: rows * columns,
          })
          .map((values) => ({
            rows,
            columns,
            isInside: (r: number, c: number) => values[r * columns + c] < filled,
          })),
      );
    fc.assert(
      fc.property(shape, (region) => {
        const contours = contoursOf(region);
        let pixels = 0;
        for (let r = 0; r < region.rows; r++)
          for (let c = 0; c < region.columns; c++) {
            const inside = region.isInside(r, c);
            if (inside) pixels++;
            expect(contours.filter((contour) => holds(contour, c, r))).toHaveLength(inside ? 1 : 0);
          }
        expect(contours.reduce((sum, contour) => sum + area(contour), 0)).toBeCloseTo(pixels, 9);
        // With holes as polygons of their own the even-odd rule over all of them says the same.
        const loops = loopsOf(region);
        for (let r = 0; r < region.rows; r++)
          for (let c = 0; c < region.columns; c++)
            expect(loops.filter((loop) => holds(loop, c, r)).length % 2 === 1).toBe(region.isInside(r, c));
        expect(loops.reduce((sum, loop) => sum + area(loop), 0)).toBeCloseTo(pixels, 9);
        expect(contours).toHaveLength(countParts(region));
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});
