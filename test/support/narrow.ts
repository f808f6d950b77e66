/** Channels of the narrowest network that GroupNorm takes: for tests of what is done with a network, not of what it finds. */
export const NARROW: [number, number, number, number, number] = [8, 16, 32, 32, 32];
