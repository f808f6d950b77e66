/** Pixels of one slice; what lies beyond `rows` × `columns` is outside. */
export interface SliceRegion {
  readonly rows: number;
  readonly columns: number;
  readonly isInside: (row: number, column: number) => boolean;
}

/** A closed polygon, [column, row] in pixels; pixel centres are whole numbers, so that corners of pixels end in .5. */
export type Contour = readonly (readonly [column: number, row: number])[];

/** One side of a pixel, run through clockwise: it begins at a corner of the grid of corners, which lies half a pixel up and left. */
interface Side {
  x: number;
  y: number;
  next: Side;
}

/** How far down a pixel's side a channel begins: between its corner and its centre, so that no centre lies on a contour. */
const CHANNEL_AT = 0.25;

/**
 * The outlines of a region along the sides of its pixels: a polygon holds exactly the centres, and the area, of its pixels. Pixels
 * that touch at a corner alone are in polygons of their own. A hole is joined to what is around it by a channel of no width
 * ("keyhole", PS3.3 C.8.8.6.3), since readers that know one polygon a part are the rule.
 *
 * @returns one polygon for each 4-connected part, by its first row; none where nothing is inside.
 */
export function contoursOf(region: SliceRegion): Contour[] {
  const { starting, left, right } = sidesOf(region);
  const outer: Side[] = [];
  const holes: Side[] = [];
  const seen = new Set<Side>();
  for (const sides of starting.values())
    for (const side of sides) if (!seen.has(side)) (isHole(follow(side, seen)) ? holes : outer).push(side);
  const byLeftmost = holes.map((hole) => leftmostDown(hole)).sort((a, b) => a.x - b.x);
  for (const side of byLeftmost) {
    // What the channel meets lies further left: the rim, or a hole that is joined to it by now.
    let column = side.x - 1;
    while (column > 0 && region.isInside(side.y, column - 1)) column--;
    const key = side.y * region.columns;
    join(left.get(key + column)!, right.get(key + side.x - 1)!);
  }
  return outer.map(polygonOf);
}

/**
 * The same outlines, each hole a polygon of its own: filled by the even-odd rule they hold exactly the region's pixels.
 *
 * @returns rims and holes, by their first row; none where nothing is inside.
 */
export function loopsOf(region: SliceRegion): Contour[] {
  const seen = new Set<Side>();
  const sides = [...sidesOf(region).starting.values()].flat();
  const firsts = sides.filter((side) => !seen.has(side) && follow(side, seen).length > 0);
  return firsts.map(polygonOf);
}

/** Every side between inside and outside, linked to the one after it. */
function sidesOf(region: SliceRegion) {
  const { rows, columns, isInside } = region;
  const within = (row: number, column: number) =>
    row >= 0 && row < rows && column >= 0 && column < columns && isInside(row, column);
  const starting = new Map<number, Side[]>();
  const ends: (readonly [side: Side, x: number, y: number])[] = [];
  const [left, right] = [new Map<number, Side>(), new Map<number, Side>()];
  const add = (x: number, y: number, toX: number, toY: number): Side => {
    const side = { x, y } as Side;
    const key = y * (columns + 1) + x;
    const others = starting.get(key);
    if (others) others.push(side);
    else starting.set(key, [side]);
    ends.push([side, toX, toY]);
    return side;
  };
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      if (!within(r, c)) continue;
      if (!within(r - 1, c)) add(c, r, c + 1, r);
      if (!within(r, c + 1)) right.set(r * columns + c, add(c + 1, r, c + 1, r + 1));
      if (!within(r + 1, c)) add(c + 1, r + 1, c, r + 1);
      if (!within(r, c - 1)) left.set(r * columns + c, add(c, r + 1, c, r));
    }
  const endOf = new Map(ends.map(([side, x, y]) => [side, [x, y] as const]));
  for (const [side, x, y] of ends) {
    const [first, second] = starting.get(y * (columns + 1) + x)!;
    // Where two pixels touch at a corner, turn right: around one's own.
    side.next = second && isRightTurn(side, [x, y], endOf.get(second)!) ? second : first;
  }
  return { starting, left, right };
}

function isRightTurn(from: Side, [x, y]: readonly number[], to: readonly number[]): boolean {
  return (x - from.x) * (to[1] - y) - (y - from.y) * (to[0] - x) > 0;
}

function follow(side: Side, seen: Set<Side>): Side[] {
  const loop: Side[] = [];
  for (let at = side; !seen.has(at); at = at.next) {
    seen.add(at);
    loop.push(at);
  }
  return loop;
}

/** Rims run clockwise as seen on the screen, holes the other way. */
function isHole(loop: readonly Side[]): boolean {
  let twice = 0;
  for (const { x, y, next } of loop) twice += x * next.y - y * next.x;
  return twice < 0;
}

/** Of a hole the leftmost side that runs down: the right side of a pixel inside. */
function leftmostDown(hole: Side): Side {
  let best: Side | null = null;
  let at = hole;
  do {
    if (at.next.x === at.x && at.next.y > at.y && (!best || at.x < best.x)) best = at;
    at = at.next;
  } while (at !== hole);
  return best!;
}

/** Joins the loop that runs up along `up` with the hole that runs down along `down`, both in the same row of pixels. */
function join(up: Side, down: Side): void {
  const y = down.y + CHANNEL_AT;
  const back: Side = { x: up.x, y, next: up.next };
  up.next = { x: up.x, y, next: { x: down.x, y, next: down.next } };
  down.next = { x: down.x, y, next: back };
}

/** The corners alone, by the centres of pixels. */
function polygonOf(start: Side): Contour {
  const corners: [number, number][] = [];
  let before = start;
  let at = start.next;
  do {
    const straight = (before.x === at.x && at.x === at.next.x) || (before.y === at.y && at.y === at.next.y);
    if (!straight) corners.push([at.x - 0.5, at.y - 0.5]);
    before = at;
    at = at.next;
  } while (before !== start);
  return corners;
}
