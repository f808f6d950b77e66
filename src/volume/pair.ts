import { QuorumError } from '../errors.js';
import { type OpenFile, withFile } from './fileBytes.js';
import { type ImageFile, type ImageHeader, storedBytes } from './imageFile.js';
import { startOf, voxelPieces } from './maybeGzip.js';
import { imageHeader } from './nifti.js';
import { NIFTI_HEADER_BYTES, type NiftiHeader, parsePairHeader } from './niftiHeader.js';
import { detachedDataFile } from './textImage.js';
import { decodeVoxels } from './voxelStream.js';

/** Geometry and datatype of an Analyze 7.5 or NIfTI pair by its .hdr; errors as `readPair`. */
export async function readPairHeader(source: OpenFile): Promise<ImageHeader> {
  const { parsed, dataFile } = await parse(source);
  return { ...imageHeader(parsed, source.file), dataFile };
}

/**
 * An Analyze 7.5 pair, or a NIfTI-1 pair (magic ni1), given by its .hdr; the voxels lie in the .img beside it.
 * @throws QuorumError as `readNifti`, and FILE_NOT_FOUND (the .img)
 */
export async function readPair(source: OpenFile): Promise<ImageFile> {
  const { parsed, dataFile } = await parse(source);
  const header = imageHeader(parsed, source.file);
  const data = await withFile(dataFile, (opened) =>
    decodeVoxels(
      voxelPieces(opened, false, parsed.voxOffset, parsed.voxOffset + storedBytes(header)),
      header,
      parsed.littleEndian,
      parsed.scaling,
    ),
  );
  return { ...header, dataFile, data };
}

async function parse(source: OpenFile): Promise<{ parsed: NiftiHeader; dataFile: string }> {
  const { file } = source;
  const { bytes } = await startOf(source, NIFTI_HEADER_BYTES);
  const parsed = parsePairHeader(bytes, file);
  const name = file.split(/[\\/]/).at(-1)!;
  const candidates = ['img', 'IMG'].map((ending) => name.replace(/hdr$/i, ending));
  let missing: unknown = new QuorumError({ code: 'FILE_NOT_FOUND', file });
  for (const candidate of candidates) {
    try {
      return { parsed, dataFile: await detachedDataFile(file, candidate, 'data file') };
    } catch (error) {
      missing = error;
    }
  }
  throw missing;
}
