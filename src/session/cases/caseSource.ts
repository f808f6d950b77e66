import { lostIn } from '../../open/openInputs.js';
import type { CaseAbout, CaseSource } from '../../pipeline/caseSource.js';
import { MODALITIES, MODALITY_TITLES, type Modality } from '../../terms.js';
import { affineOf } from '../../volume/tuples.js';
import { preparedImage, sourcesOf } from './casePreparation.js';
import type { CaseSession } from './caseSession.js';
import { type OpenFile, summariseFile } from './openFile.js';

/** A case as it is segmented: its images, and what its files will say of it. Later changes to the case change neither. */
export function caseSource(
  session: CaseSession,
  use: readonly Modality[],
  how: Pick<CaseSource, 'model' | 'device' | 'force'>,
): CaseSource {
  return {
    study: session.study.study(),
    hashes: sourcesOf(session.slots),
    ...imagesOf(session, use),
    about: aboutCase(session, use),
    ...how,
  };
}

function aboutCase(session: CaseSession, use: readonly Modality[]): CaseAbout {
  const { inputFolders, candidate } = session.study;
  const { patient, date, suggestions } = candidate;
  return {
    inputFolders,
    listed: listFiles(session, use),
    examination: patient || date ? { patient: patient?.id ?? null, date } : null,
    prepared: session.prepared?.record.summary ?? null,
    suggestions,
    lost: lostIn(candidate),
  };
}

/** The prepared images where there are any, and what they were made of; else the files as they are. */
function imagesOf(
  { slots, prepared, study }: CaseSession,
  use: readonly Modality[],
): Pick<CaseSource, 'images' | 'origins' | 'notes'> {
  const { images } = study.study();
  const asGiven = use.map((modality) => {
    const { file, dicom } = images[modality]!;
    return { modality, file, sha256: slots[modality]!.sha256!, ...(dicom ? { dicom } : {}) };
  });
  if (!prepared) return { images: asGiven, notes: [] };
  const about = (modality: Modality) => prepared.record.images[modality]!;
  return {
    notes: prepared.record.notes as CaseSource['notes'],
    images: use.map((modality) => ({
      modality,
      file: preparedImage(prepared, modality),
      sha256: about(modality).sha256,
    })),
    origins: asGiven.map((one) => ({
      ...one,
      toCase: affineOf(about(one.modality).toCase),
    })),
  };
}

/** The image of each sequence, and files that serve as none; as the command line lists them. */
function listFiles({ slots, files }: CaseSession, use: readonly Modality[]): CaseAbout['listed'] {
  const serving = new Set(Object.values(slots));
  return {
    images: MODALITIES.flatMap((sequence) => {
      const file = slots[sequence];
      return file
        ? [{ sequence, file: labelOf(file), reason: file.reason, used: use.includes(sequence) }]
        : [];
    }),
    setAside: files
      .filter((file) => !serving.has(file))
      .map((file) => ({ file: labelOf(file), reason: reasonOf(file) })),
  };
}

/** A file by its name, DICOM by its number: a description may say whose it is. */
function labelOf(file: OpenFile): string {
  const { name, series } = summariseFile(file);
  if (!series?.isDicom) return name;
  return `DICOM series ${series.number ?? series.id.slice(0, 8)}`;
}

function reasonOf({ sequence, reason, series }: OpenFile): string {
  const rejected = series?.about.rejected ?? null;
  if (rejected === null) return reason;
  const title = sequence === 'mask' || sequence === 'other' ? sequence : MODALITY_TITLES[sequence];
  return `${title}: ${rejected}`;
}
