/** The same for each of three axes. */
export function mapAxes<T, U>(
  [x, y, z]: readonly [T, T, T],
  of: (value: T, axis: 0 | 1 | 2) => U,
): [U, U, U] {
  return [of(x, 0), of(y, 1), of(z, 2)];
}

/** Sixteen numbers, column-major. @throws RangeError for another count. */
export function affineOf(values: ArrayLike<number>) {
  if (values.length !== 16) throw new RangeError(`16 numbers expected, not ${values.length}`);
  const [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = Array.from(values);
  return [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] as const;
}
