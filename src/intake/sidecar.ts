import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { AboutSeries } from '../recognise/about.js';
import { imageStem } from '../recognise/imageName.js';

const MOST_SIDECAR = 1 << 20;
const positive = z.number().nonnegative().optional().catch(undefined);
const text = z.string().optional().catch(undefined);
const words = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .catch(undefined);
const sidecarSchema = z.object({
  SeriesDescription: text,
  ProtocolName: text,
  StudyDescription: text,
  ProcedureStepDescription: text,
  PatientAge: text,
  AcquisitionDateTime: text,
  AcquisitionTime: text,
  EchoTime: positive,
  RepetitionTime: positive,
  InversionTime: positive,
  FlipAngle: positive,
  EchoNumber: positive,
  ScanningSequence: words,
  SequenceVariant: words,
  ImageType: words,
  SequenceName: text,
  DiffusionBValue: positive,
  BodyPartExamined: text,
  BodyPart: text,
  ContrastBolusIngredient: text,
  ContrastBolusAgent: text,
  SliceThickness: positive,
  Manufacturer: text,
  MagneticFieldStrength: positive,
  SeriesNumber: positive,
});

/** What the JSON file beside an image says, BIDS and dcm2niix; times in seconds there. */
export interface Sidecar {
  readonly about: AboutSeries;
  /** Of the examination. */
  readonly texts: readonly string[];
  /** Patient's Age as DICOM writes it. */
  readonly age: string | undefined;
}

const NONE: Sidecar = { about: {}, texts: [], age: undefined };

/** The sidecar beside an image; empty where there is none or it cannot be read. */
export async function readSidecar(path: string): Promise<Sidecar> {
  const file = `${imageStem(path)}.json`;
  const info = await stat(file).catch(() => null);
  if (!info?.isFile() || info.size > MOST_SIDECAR) return NONE;
  try {
    const found = sidecarSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    const texts = [found.StudyDescription, found.ProcedureStepDescription].filter((one) => one !== undefined);
    return { about: aboutOf(found), texts, age: found.PatientAge };
  } catch {
    return NONE;
  }
}

function aboutOf(found: z.infer<typeof sidecarSchema>): AboutSeries {
  const ms = (value: number | undefined) => (value === undefined ? undefined : value * 1000);
  const list = (value: string | string[] | undefined) =>
    (typeof value === 'string' ? value.split(/[_\\]/) : value)?.map((one) => one.trim().toUpperCase());
  const about = {
    description: found.SeriesDescription,
    protocol: found.ProtocolName,
    acquired: found.AcquisitionDateTime?.match(/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?/)?.[0],
    clock: found.AcquisitionTime?.match(/^\d\d:\d\d:\d\d/)?.[0],
    echoTime: ms(found.EchoTime),
    repetitionTime: ms(found.RepetitionTime),
    inversionTime: ms(found.InversionTime),
    flipAngle: found.FlipAngle,
    echoNumber: found.EchoNumber,
    scanning: list(found.ScanningSequence),
    variant: list(found.SequenceVariant),
    // Values of Image Type have underscores of their own.
    imageType: typeof found.ImageType === 'string' ? undefined : list(found.ImageType),
    sequenceName: found.SequenceName,
    bValue: found.DiffusionBValue,
    bodyPart: found.BodyPartExamined ?? found.BodyPart,
    contrastAgent: found.ContrastBolusIngredient ?? found.ContrastBolusAgent,
    sliceThickness: found.SliceThickness,
    manufacturer: found.Manufacturer,
    fieldStrength: found.MagneticFieldStrength,
    seriesNumber: found.SeriesNumber,
  };
  return Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined)) as AboutSeries;
}
