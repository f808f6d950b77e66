import { ticks } from 'd3-array';
import type { FollowUpBy, TimePoint } from '../contract/followUp.js';
import { REGIONS, type Region } from '../terms.js';

/** The timeline as it is drawn, in the window and in the report: volumes as lines with their ranges. Places are in units of the drawing. */

export interface FigureMark {
  /** Of the time point. */
  readonly n: number;
  readonly x: number;
  readonly y: number;
  readonly ml: number;
  /** Null: no range is known. */
  readonly range: {
    readonly lower: number;
    readonly upper: number;
    readonly y: readonly [number, number];
  } | null;
}

export interface TimelineFigure {
  readonly width: number;
  readonly height: number;
  /** The frame: left, right, top, bottom. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly rows: readonly { readonly y: number; readonly ml: number }[];
  readonly points: readonly {
    readonly x: number;
    readonly title: string;
    /** Days since the first, or nothing. */
    readonly below: string;
    /** Its sequences are other than those of the time point before. */
    readonly isChanged: boolean;
  }[];
  /** A line begins anew behind a time point without a number. */
  readonly lines: readonly { readonly region: Region; readonly pieces: readonly (readonly FigureMark[])[] }[];
  /** Time points stand at even steps, since dates are not known or lie too close. */
  readonly isEven: boolean;
}

const FRAME = { left: 52, right: 24, top: 16, bottom: 46 };
/** Titles need so much room. */
const CLOSEST = 76;
/** Marks of the regions stand beside each other, so that their ranges are told apart. */
const BESIDE = 7;

type Told = Pick<TimePoint, 'all' | 'common' | 'combination' | 'days' | 'date'>;

/** @param titles of the time points, for people. */
export function timelineFigure(
  points: readonly Told[],
  titles: readonly string[],
  by: FollowUpBy,
  { width, height }: { readonly width: number; readonly height: number },
): TimelineFigure {
  const frame = {
    left: FRAME.left,
    right: width - FRAME.right,
    top: FRAME.top,
    bottom: height - FRAME.bottom,
  };
  const { places, isEven } = placesOf(points, frame.left + 30, frame.right - 30);
  const volumes = points.map((point) => (by === 'common' ? point.common : null) ?? point.all);
  const most = Math.max(
    1,
    ...volumes.flatMap((of) => REGIONS.flatMap((r) => [of[r].ml ?? 0, of[r].range?.upper ?? 0])),
  );
  const steps = ticks(0, most, 5);
  const top = most > steps.at(-1)! ? 2 * steps.at(-1)! - (steps.at(-2) ?? 0) : steps.at(-1)!;
  const y = (ml: number) => frame.bottom - ((frame.bottom - frame.top) * ml) / top;
  const mark = (n: number, region: Region, r: number): FigureMark | null => {
    const { ml, range } = volumes[n][region];
    if (ml === null) return null;
    return {
      n,
      x: places[n] + (r - 1) * BESIDE,
      y: y(ml),
      ml,
      range: range && { ...range, y: [y(range.lower), y(range.upper)] },
    };
  };
  return {
    ...{ width, height, ...frame, isEven },
    rows: ticks(0, top, 5).map((ml) => ({ y: y(ml), ml })),
    points: points.map((point, n) => ({
      x: places[n],
      title: titles[n],
      below: point.days === null || n === 0 ? '' : `day ${point.days}`,
      isChanged: n > 0 && point.combination !== points[n - 1].combination,
    })),
    lines: REGIONS.map((region, r) => ({
      region,
      pieces: pieces(points.map((_, n) => mark(n, region, r))),
    })).filter((line) => line.pieces.length > 0),
  };
}

function placesOf(points: readonly Told[], from: number, to: number) {
  const even = points.map((_, n) => from + ((to - from) * n) / Math.max(1, points.length - 1));
  const days = points.map((point) => point.days);
  const last = days.at(-1) ?? null;
  if (last === null || last <= 0 || days.includes(null)) return { places: even, isEven: true };
  const places = days.map((day) => from + ((to - from) * day!) / last);
  const isClose = places.some((x, n) => n > 0 && x - places[n - 1] < CLOSEST);
  return isClose ? { places: even, isEven: true } : { places, isEven: false };
}

function pieces(marks: readonly (FigureMark | null)[]): FigureMark[][] {
  const found: FigureMark[][] = [[]];
  for (const mark of marks) {
    if (mark) found.at(-1)!.push(mark);
    else if (found.at(-1)!.length > 0) found.push([]);
  }
  return found.filter((piece) => piece.length > 0);
}
