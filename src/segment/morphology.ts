/** Small masks on a grid with air at its ends; `strides` are the index steps along its axes. */

/** Without the voxels that have a face in common with what is not set. */
export function eroded(mask: Uint8Array, strides: readonly number[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(mask.length);
  for (let v = 0; v < mask.length; v++)
    if (mask[v] === 1 && strides.every((stride) => mask[v - stride] === 1 && mask[v + stride] === 1))
      out[v] = 1;
  return out;
}

/** Voxels within `most` steps by faces inside a mask, with their number of steps. */
export function stepsFrom(
  core: Uint32Array,
  mask: Uint8Array,
  strides: readonly number[],
  most: number,
): Map<number, number> {
  const reached = new Map<number, number>(Array.from(core, (v) => [v, 0]));
  let edge: readonly number[] = Array.from(core);
  for (let steps = 1; steps <= most; steps++) {
    const next: number[] = [];
    for (const v of edge)
      for (const stride of strides)
        for (const to of [v - stride, v + stride]) {
          if (mask[to] !== 1 || reached.has(to)) continue;
          reached.set(to, steps);
          next.push(to);
        }
    edge = next;
  }
  return reached;
}
