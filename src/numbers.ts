import type { Region } from './terms.js';

/** How numbers are given: the one rule for window, terminal and every file. */

/** Whether a region's number is given: the sequences support it, or the user asked for guesses too. */
export function isGiven(supported: boolean, asked: boolean): boolean {
  return supported || asked;
}

/** ml for people: one decimal; what is there and would be 0.0 says so. */
export function mlText(ml: number): string {
  return ml > 0 && ml < 0.05 ? '< 0.1' : ml.toFixed(1);
}

/** Numbers in files: three decimals. */
export function inFiles(value: number): number {
  return Number(value.toFixed(3));
}

/** The same for null, which means: not known, or not given. */
export function inFilesOrNull(value: number | null): number | null {
  return value === null ? null : inFiles(value);
}

/** A region's name in a file name: a guess says that it is one. */
export function regionInFileName(region: Region, supported: boolean): string {
  return supported ? region : `${region}_guess`;
}
