import { InvalidArgumentError } from 'commander';

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (text.trim() !== '' && Number.isInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('Expected a whole number of at least 1.');
}

/** A number of at least 0. */
function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('Expected a number of at least 0.');
}

/** A number between 0 and 1. */
export function parseShare(text: string): number {
  const share = parseNumber(text);
  if (share <= 1) return share;
  throw new InvalidArgumentError('Expected a number between 0 and 1.');
}
