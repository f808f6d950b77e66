import { QuorumError } from '../errors.js';
import { type OpenFile, withFile } from './fileBytes.js';
import { IMAGE_ENDINGS, type ImageFile, type ImageHeader } from './imageFile.js';
import { readMetaImage, readMetaImageHeader } from './metaImage.js';
import { readMgh, readMghHeader } from './mgh.js';
import { readNifti, readNiftiHeader } from './nifti.js';
import { readNrrd, readNrrdHeader } from './nrrd.js';
import { readPair, readPairHeader } from './pair.js';
import type { Volume } from './volume.js';

export type { ImageFile, ImageHeader } from './imageFile.js';
export type { HeaderRemark, NiftiForm } from './niftiForm.js';

/** Who reads files of one format. */
interface Reader {
  readonly read: (source: OpenFile) => Promise<ImageFile>;
  readonly readHeader: (source: OpenFile) => Promise<ImageHeader>;
}

const READERS: readonly { readonly extension: RegExp; readonly reader: Reader }[] = [
  { extension: /\.nii(\.gz)?$/i, reader: { read: readNifti, readHeader: readNiftiHeader } },
  { extension: /\.mh[ad]$/i, reader: { read: readMetaImage, readHeader: readMetaImageHeader } },
  { extension: /\.(nrrd|nhdr)$/i, reader: { read: readNrrd, readHeader: readNrrdHeader } },
  { extension: /\.mg[hz]$/i, reader: { read: readMgh, readHeader: readMghHeader } },
  { extension: /\.hdr$/i, reader: { read: readPair, readHeader: readPairHeader } },
];

/**
 * Reads a 3-D image file: voxels as Float32 in file order (x fastest), scaled as the header says, affine to RAS mm.
 * The header is checked before anything large is allocated, and no more is inflated than it declares.
 * @throws QuorumError FILE_NOT_FOUND, FILE_UNREADABLE, FORMAT_UNKNOWN, HEADER_INVALID, NOT_3D,
 *   DATATYPE_UNSUPPORTED, DATA_TRUNCATED, DATA_CORRUPT, DATA_TOO_LARGE, VALUES_NOT_FINITE
 */
export async function readVolume(file: string): Promise<ImageFile> {
  const { read } = readerFor(file);
  return withFile(file, read);
}

/** Geometry and datatype of an image file without its voxels; errors as `readVolume`, as far as a header shows them. */
export async function readHeader(file: string): Promise<ImageHeader> {
  const { readHeader: read } = readerFor(file);
  return withFile(file, read);
}

/**
 * Reads a label map: an image of any datatype whose values are all whole numbers from 0 to 255.
 * @throws QuorumError as `readVolume`, and LABELS_INVALID
 */
export async function readLabelMap(file: string): Promise<ImageHeader & Volume<Uint8Array>> {
  const image = await readVolume(file);
  const labels = Uint8Array.from(image.data);
  const wrong = labels.findIndex((label, i) => label !== image.data[i]);
  if (wrong >= 0) {
    const expected = 'whole numbers from 0 to 255';
    throw new QuorumError({
      code: 'LABELS_INVALID',
      field: 'voxels',
      expected,
      found: String(image.data[wrong]),
      file,
    });
  }
  return { ...image, data: labels };
}

function readerFor(file: string): Reader {
  const found = READERS.find(({ extension }) => extension.test(file));
  if (found) return found.reader;
  throw new QuorumError({
    code: 'FORMAT_UNKNOWN',
    field: 'extension',
    expected: IMAGE_ENDINGS.join(', '),
    found: file.slice(file.lastIndexOf('.')),
    file,
  });
}
