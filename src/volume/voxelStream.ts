import { QuorumError } from '../errors.js';
import { type ImageHeader, storedBytes } from './imageFile.js';
import { voxelCount } from './volume.js';
import { BYTES_PER_VOXEL, firstNotFinite, type Scaling, VoxelDecoder } from './voxelTypes.js';

/**
 * The voxels of a checked header from the pieces of its data, in file order (x fastest).
 * Pieces beyond the last voxel are drained (so that checksums behind them are verified) but not kept.
 * @throws QuorumError DATA_TRUNCATED, DATA_TOO_LARGE (no memory for it), VALUES_NOT_FINITE
 */
export async function decodeVoxels(
  pieces: AsyncIterable<Buffer>,
  header: ImageHeader,
  littleEndian: boolean,
  scaling: Scaling | null,
): Promise<Float32Array> {
  const data = allocate(header);
  const decoder = new VoxelDecoder(header.datatype, littleEndian, scaling, data);
  for await (const piece of pieces) decoder.push(piece);
  if (decoder.filled < data.length) {
    throw new QuorumError({
      code: 'DATA_TRUNCATED',
      field: 'voxels',
      expected: `${storedBytes(header)} bytes`,
      found: `${decoder.filled * BYTES_PER_VOXEL[header.datatype]} bytes`,
      file: header.file,
    });
  }
  checkFinite(data, header);
  return data;
}

function allocate(header: ImageHeader): Float32Array {
  try {
    return new Float32Array(voxelCount(header.size));
  } catch (error) {
    const found = header.size.join(' × ');
    throw new QuorumError(
      {
        code: 'DATA_TOO_LARGE',
        field: 'size',
        expected: 'a size that fits the memory',
        found,
        file: header.file,
      },
      { cause: error },
    );
  }
}

function checkFinite(data: Float32Array, header: ImageHeader): void {
  const index = firstNotFinite(data);
  if (index < 0) return;
  const [nx, ny] = header.size;
  const voxel = [index % nx, Math.floor(index / nx) % ny, Math.floor(index / (nx * ny))];
  throw new QuorumError({
    code: 'VALUES_NOT_FINITE',
    field: `voxel (${voxel.join(', ')})`,
    expected: 'finite values',
    found: String(data[index]),
    file: header.file,
  });
}
