/** MB that the objects and buffers of this process hold, after a collection. */
export function heldMb(): number;
