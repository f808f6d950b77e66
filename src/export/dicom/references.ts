import { isValidUid } from '../../dicom/readHeader.js';
import type { DicomSeries } from '../../dicom/series.js';
import { QuorumError } from '../../errors.js';
import type { Dataset } from './dataset.js';
import type { PlacedFrame } from './placement.js';

/** How an object refers to the images that it was made from. */

/**
 * Refuses a series to which no segmentation can refer, before anything is computed.
 * @throws QuorumError DICOM_INCOMPLETE
 */
export function checkReferable({
  frameOfReferenceUid,
  studyInstanceUid,
  seriesInstanceUid,
  frames,
}: DicomSeries): void {
  const needed: readonly (readonly [name: string, uid: string | null])[] = [
    ['Frame of Reference UID', frameOfReferenceUid],
    ['Study Instance UID', studyInstanceUid],
    ['Series Instance UID', seriesInstanceUid],
    ...frames.map((frame) => ['SOP Instance UID', frame.sopInstanceUid] as const),
  ];
  const missing = needed.find(([, uid]) => !uid || !isValidUid(uid));
  if (!missing) return;
  const [field, uid] = missing;
  const found = uid ? 'one that is not valid' : 'none';
  throw new QuorumError({
    code: 'DICOM_INCOMPLETE',
    field,
    expected: `a valid ${field}`,
    found,
    file: frames[0]?.file,
  });
}

/** Frame numbers of multi-frame images alone; they count from 1. */
export function frameNumber({ frame, sopClassUid }: PlacedFrame['frame']): Dataset {
  const singleFrame = SINGLE_FRAME_CLASSES.has(sopClassUid);
  return singleFrame ? {} : { ReferencedFrameNumber: String(frame + 1) };
}

/** MR and CT Image Storage; what else holds slices of a head is multi-frame. */
const SINGLE_FRAME_CLASSES: ReadonlySet<string> = new Set([
  '1.2.840.10008.5.1.4.1.1.4',
  '1.2.840.10008.5.1.4.1.1.2',
]);

/** The images that the frames come from, by series: a scanner may split a volume over two. */
export function referencedSeries(frames: readonly PlacedFrame[]): Dataset[] {
  const uids = [...new Set(frames.map(({ frame }) => frame.seriesInstanceUid))];
  return uids.map((uid) => {
    const members = frames.filter(({ frame }) => frame.seriesInstanceUid === uid);
    const instances = new Map(members.map(({ frame }) => [frame.sopInstanceUid, frame.sopClassUid]));
    return {
      SeriesInstanceUID: uid,
      ReferencedInstanceSequence: [...instances].map(([instance, sopClass]) => ({
        ReferencedSOPClassUID: sopClass,
        ReferencedSOPInstanceUID: instance,
      })),
    };
  });
}
