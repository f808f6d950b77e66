import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { DicomImage } from '../dicom/image.js';
import { isValidUid } from '../dicom/readHeader.js';
import { normalOf } from '../dicom/sliceSpacing.js';
import { assembleVolumes, type DicomVolume } from '../dicom/volumes.js';
import type { AboutSeries } from '../recognise/about.js';
import { ANOTHER_BODY_PART } from '../recognise/asideWords.js';
import { headIn, isFarFromHead, isOtherPart, otherPartIn } from '../recognise/bodyWords.js';
import { judge, sequenceOf, type Text } from '../recognise/recognise.js';
import { affineOf } from '../volume/tuples.js';
import type { Grid } from '../volume/volume.js';
import type { FoundSeries, StudyCandidate } from './candidate.js';
import { chooseSeries, questionsAbout } from './choose.js';
import { settleContrast } from './examination.js';
import { examinationName, patientOf } from './patient.js';
import { whyNoImage, whyNoStack } from './setAside.js';
import { suggestFromDicom } from './suggest.js';
import { shownFolder } from './walk.js';

/**
 * One candidate for each patient and examination: series of two patients, or of two examinations, never meet in one.
 * Where the headers name neither, files of one folder are taken together and the user has to confirm.
 *
 * @param shownOf how a file is shown (its path, or where it lies in an archive).
 */
export function dicomCandidates(
  images: readonly DicomImage[],
  shownOf: (file: string) => string,
): StudyCandidate[] {
  const groups = new Map<string, DicomImage[]>();
  for (const image of images) {
    const key = JSON.stringify([
      image.patient.id ?? [
        'no patient',
        image.patient.name,
        image.studyInstanceUid ? '' : dirname(image.file),
      ],
      image.studyInstanceUid ?? ['no study', image.studyDate, dirname(image.file)],
    ]);
    const group = groups.get(key) ?? [];
    group.push(image);
    groups.set(key, group);
  }
  return withNamesOfTheirOwn([...groups].map(([key, group]) => candidateOf(key, group, shownOf)));
}

/** Two examinations of one patient on one day are numbered. */
function withNamesOfTheirOwn(candidates: readonly StudyCandidate[]): StudyCandidate[] {
  const seen = new Map<string, number>();
  return candidates.map((candidate) => {
    const key = candidate.name.toLowerCase();
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    return nth === 1 ? candidate : { ...candidate, name: `${candidate.name}_${nth}` };
  });
}

function candidateOf(
  key: string,
  images: readonly DicomImage[],
  shownOf: (file: string) => string,
): StudyCandidate {
  const id = hashOf([key]);
  const transferSyntaxes = new Map(images.map((image) => [image.file, image.transferSyntax]));
  const volumes = assembleVolumes(images);
  const texts = [...new Set(images.flatMap(({ studyTexts }) => studyTexts))];
  const found = volumes.map((volume) =>
    seriesOf(
      volume,
      otherPartOf(volume, volumes, texts),
      isDiffusion(volume, volumes),
      transferSyntaxes,
      shownOf,
    ),
  );
  found.sort((a, b) => (a.about.seriesNumber ?? 0) - (b.about.seriesNumber ?? 0));
  const series = settleContrast(found, { texts });
  const patient = patientOf(images);
  const date = images.map((image) => image.studyDate ?? image.acquired?.slice(0, 10)).find(Boolean) ?? null;
  return {
    id,
    name: examinationName(patient, date) ?? `case-${id.slice(0, 8)}`,
    title: date ? `Examination of ${date.slice(0, 10)}` : 'Examination without a date',
    shown: shownFolder(shownOf(images[0].file)),
    kind: 'dicom',
    patient,
    date,
    description: images[0].studyTexts[0] ?? null,
    texts,
    doubts: doubtsOf(images),
    remarks: invalidUids(images),
    series,
    choices: chooseSeries(series),
    questions: questionsAbout(series),
    suggestions: suggestFromDicom(images),
  };
}

function doubtsOf(images: readonly DicomImage[]): string[] {
  const distinct = (of: (image: DicomImage) => string | null | undefined) =>
    new Set(images.map(of).filter(Boolean)).size;
  const doubts: string[] = [];
  if (images.some((image) => image.patient.id === null)) doubts.push('the files name no patient (PatientID)');
  if (images.some((image) => image.studyInstanceUid === null))
    doubts.push('the files name no examination (StudyInstanceUID)');
  if (
    distinct((image) =>
      image.patient.name
        ?.toLowerCase()
        .replace(/[\^ ]+/g, ' ')
        .trim(),
    ) > 1
  )
    doubts.push('one patient number, several names');
  if (distinct((image) => image.patient.birthDate) > 1)
    doubts.push('one patient number, several dates of birth');
  if (distinct((image) => (image.modality === 'MR' ? image.acquired?.slice(0, 10) : null)) > 1)
    doubts.push('its images were acquired on several days');
  return doubts;
}

/** Which UIDs are not valid, in words: identifiers of home-made anonymisers tell what belongs together, and may be refused elsewhere. */
function invalidUids(images: readonly DicomImage[]): string[] {
  const kinds = [
    ['Study Instance UID', 'studyInstanceUid'],
    ['Series Instance UID', 'seriesInstanceUid'],
    ['SOP Instance UID', 'sopInstanceUid'],
    ['Frame of Reference UID', 'frameOfReferenceUid'],
  ] as const;
  const invalid = kinds.filter(([, key]) =>
    images.some((image) => image[key] !== null && !isValidUid(image[key])),
  );
  if (invalid.length === 0) return [];
  const names = invalid.map(([name]) => name).join(', ');
  return [`invalid UIDs (${names}): read, but DICOM results cannot refer to them`];
}

/**
 * The part of the body other than the head that an examination or Body Part Examined names for a series; null where none does. A series
 * that names the head itself is one of the head; a body part that all series of an examination of the head carry was left over.
 */
function otherPartOf(
  volume: DicomVolume,
  all: readonly DicomVolume[],
  studyTexts: readonly string[],
): string | null {
  const { description, protocol, bodyPart } = volume.first;
  if (headIn(description) || headIn(protocol)) return null;
  const isHeadStudy = studyTexts.some(headIn);
  const parts = new Set(
    all.filter(({ first }) => first.modality === 'MR').map(({ first }) => first.bodyPart ?? ''),
  );
  if (isOtherPart(bodyPart) && !(isHeadStudy && parts.size === 1))
    return `“${bodyPart}” as Body Part Examined`;
  const [studyDescription] = volume.first.studyTexts;
  const named = isHeadStudy ? null : otherPartIn(studyDescription);
  const other =
    named && /head|brain|skull/i.test(bodyPart ?? '') && !(parts.size === 1 && isFarFromHead(named))
      ? null
      : named;
  return other && `“${other}” in the description of the examination`;
}

function seriesOf(
  volume: DicomVolume,
  otherPart: string | null,
  isDiffusionPart: boolean,
  transferSyntaxes: ReadonlyMap<string, string>,
  shownOf: (file: string) => string,
): FoundSeries {
  const { first, frames } = volume;
  const files = [...new Set(frames.map(({ file }) => file))];
  const about = aboutOf(volume);
  const noImage = whyNoImage(volume);
  const judgement = noImage === null ? judgementOf(first, about) : null;
  const setAside =
    noImage ??
    judgement?.aside ??
    (otherPart && `${ANOTHER_BODY_PART}: ${otherPart}`) ??
    (isDiffusionPart ? `diffusion (b ${volume.facts.bValue} of a diffusion series)` : null) ??
    whyNoStack(volume);
  return {
    id: hashOf(frames.map(({ sopInstanceUid, frame }) => `${sopInstanceUid}#${frame}`)),
    source: {
      kind: 'dicom',
      volume,
      transferSyntaxes: new Map(files.map((file) => [file, transferSyntaxes.get(file) ?? ''])),
    },
    shown: files.length === 1 ? shownOf(files[0]) : shownFolder(shownOf(first.file)),
    files: files.length,
    duplicates: volume.duplicates,
    ...(first.modality === 'SEG'
      ? { sequence: 'mask' as const, reason: 'a DICOM segmentation', confidence: 1 }
      : {
          sequence: judgement ? sequenceOf(judgement) : ('other' as const),
          reason: judgement?.reason ?? noImage ?? '',
          confidence: judgement?.confidence ?? 0,
        }),
    setAside,
    judgement: otherPart === null ? judgement : null,
    doubt: null,
    chosen: false,
    about,
    grid: gridOf(volume),
  };
}

function judgementOf(first: DicomImage, about: AboutSeries) {
  const texts: Text[] = [];
  if (first.description) texts.push({ text: first.description, where: 'description' });
  if (first.protocol) texts.push({ text: first.protocol, where: 'protocol' });
  if (first.sequenceName) texts.push({ text: first.sequenceName, where: 'sequence’s name' });
  // A lossy copy is derived by definition; that alone makes it no other image.
  const imageType = first.lossy ? about.imageType?.filter((value) => value !== 'DERIVED') : about.imageType;
  return judge({
    texts,
    about: { ...about, imageType: imageType ?? [] },
  });
}

/** A volume without diffusion weighting of a series that has others with it. */
function isDiffusion({ first, facts }: DicomVolume, all: readonly DicomVolume[]): boolean {
  const ofSeries = all.filter((one) => one.first.seriesInstanceUid === first.seriesInstanceUid);
  return facts.bValue !== undefined && ofSeries.some((one) => (one.facts.bValue ?? 0) > 0);
}

function aboutOf({ first, facts }: DicomVolume): AboutSeries {
  const about = {
    description: first.description,
    protocol: first.protocol,
    acquired: facts.acquired ?? first.acquired,
    echoTime: facts.echoTime,
    repetitionTime: first.repetitionTime,
    inversionTime: facts.inversionTime,
    contrastAgent: first.contrastAgent,
    sliceThickness: first.sliceThickness,
    manufacturer: first.manufacturer,
    fieldStrength: first.fieldStrength,
    seriesNumber: first.seriesNumber,
    flipAngle: first.flipAngle,
    echoNumber: first.echoNumber,
    scanning: first.scanning,
    variant: first.variant,
    imageType: [...first.imageType.slice(0, 2), ...facts.kind.split('\\').filter(Boolean)],
    bValue: facts.bValue,
    bodyPart: first.bodyPart,
    sequenceName: first.sequenceName,
    injected: first.injected,
  };
  return Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined)) as AboutSeries;
}

/** Columns, rows, slices → RAS mm, by the positions in the headers. */
function gridOf({ first, frames, facts, spacing }: DicomVolume): Grid | null {
  const { orientation, pixelSpacing } = facts;
  if (!orientation || !pixelSpacing || !facts.position) return null;
  const normal = normalOf(orientation);
  const [x, y, z] = frames[0].imagePositionPatient;
  const axis = (direction: readonly number[], mm: number) => [
    -direction[0] * mm,
    -direction[1] * mm,
    direction[2] * mm,
    0,
  ];
  const between = spacing ?? first.sliceThickness ?? 1;
  const affine = [
    ...axis(orientation.slice(0, 3), pixelSpacing[1]),
    ...axis(orientation.slice(3), pixelSpacing[0]),
    ...axis(normal, between),
    ...[-x, -y, z, 1],
  ];
  return { size: [first.columns, first.rows, frames.length], affine: affineOf(affine) };
}

function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32);
}
