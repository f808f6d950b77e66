import type { FormatId } from '../contract/formats.js';
import type { FormatWriter } from './format.js';
import { bids } from './formats/bids.js';
import { csv } from './formats/csv.js';
import { dicomSeg } from './formats/dicomSeg.js';
import { figure } from './formats/figure.js';
import { native } from './formats/native.js';
import { picture } from './formats/picture.js';
import { probabilities } from './formats/probabilities.js';
import { report } from './formats/report.js';
import { rtstruct } from './formats/rtstruct.js';
import { secondaryCapture } from './formats/secondaryCapture.js';
import { stl } from './formats/stl.js';
import { strippedImages } from './formats/strippedImages.js';

/** The writer of every format in `contract/formats.ts`, in which order they are written. */
export const WRITERS: Readonly<Record<FormatId, FormatWriter>> = {
  native,
  probabilities,
  strippedImages,
  stl,
  bids,
  dicomSeg,
  rtstruct,
  secondaryCapture,
  picture,
  figure,
  csv,
  report,
};
