import type { DataSet } from 'dicom-parser';
import type { FrameFacts, Six, Triple } from './image.js';

/** A multi-frame object with more frames is no scan of a head. */
export const MOST_FRAMES = 20_000;

/** Numbers of a DS value; null unless there are exactly `count`, all finite. */
function numbers(dataSet: DataSet | undefined, tag: string, count: number): number[] | null {
  const parts = dataSet?.elements[tag] ? (dataSet.string(tag)?.split('\\') ?? []) : [];
  const values = parts.map((part) => Number(part.trim() === '' ? Number.NaN : part));
  return values.length === count && values.every(Number.isFinite) ? values : null;
}

/** A DS, FD or FL value; undefined when absent or not finite. */
export function number(dataSet: DataSet | undefined, tag: string): number | undefined {
  const element = dataSet?.elements[tag];
  if (!dataSet || !element || element.length <= 0 || element.items) return undefined;
  const isDouble =
    element.vr === 'FD' || (element.vr === undefined && DOUBLES.has(tag) && element.length === 8);
  const value = isDouble ? dataSet.double(tag) : Number(dataSet.string(tag)?.split('\\')[0] || Number.NaN);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** FD attributes that are read here: in implicit VR nothing else tells. */
const DOUBLES = new Set(['x00189082', 'x00189079', 'x00189087']);

/** The frames of an image: one, or those that the functional groups of an enhanced object describe (PS3.3 C.7.6.16). */
export function framesOf(dataSet: DataSet, imageType: readonly string[]): FrameFacts[] {
  const count = Math.min(number(dataSet, 'x00280008') ?? 1, MOST_FRAMES + 1);
  const perFrame = dataSet.elements.x52009230?.items;
  if (!perFrame) {
    const single = frameFacts(dataSet, [], imageType);
    // Frames of an object without functional groups have no position of their own.
    return count > 1 ? Array.from({ length: count }, () => ({ ...single, position: null })) : [single];
  }
  const shared = dataSet.elements.x52009229?.items?.[0]?.dataSet;
  return perFrame.slice(0, MOST_FRAMES + 1).map(({ dataSet: own }) =>
    frameFacts(
      dataSet,
      [own, shared].filter((set) => set !== undefined),
      imageType,
    ),
  );
}

/** Frame Acquisition Date-Time as ISO 8601 without a zone. */
function frameTime(content: DataSet | undefined): string | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?/.exec(content?.string('x00189074') ?? '');
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second = '00'] = parts;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}`;
}

function frameFacts(dataSet: DataSet, groups: readonly DataSet[], imageType: readonly string[]): FrameFacts {
  /** The data set that holds an attribute: a functional group's item of this frame, of all frames, or the image itself. */
  const holder = (sequence: string): DataSet | undefined =>
    groups.map((group) => group.elements[sequence]?.items?.[0]?.dataSet).find(Boolean) ??
    (groups.length > 0 ? undefined : dataSet);
  const frameType = holder('x00189226')?.string('x00089007')?.split('\\') ?? imageType;
  const echo = number(holder('x00189114'), 'x00189082') ?? number(dataSet, 'x00180081');
  const time = groups.length > 0 ? frameTime(holder('x00209111')) : undefined;
  return {
    ...(time === undefined ? {} : { acquired: time }),
    position: numbers(holder('x00209113'), 'x00200032', 3) as Triple | null,
    orientation: numbers(holder('x00209116'), 'x00200037', 6) as Six | null,
    pixelSpacing: numbers(holder('x00289110'), 'x00280030', 2) as [number, number] | null,
    echoTime: echo,
    inversionTime: number(holder('x00189115'), 'x00189079') ?? number(dataSet, 'x00180082'),
    bValue: number(holder('x00189117'), 'x00189087'),
    kind: frameType.slice(2).join('\\'),
    temporalIndex: holder('x00209111')?.uint32('x00209128') ?? number(dataSet, 'x00200100'),
  };
}
