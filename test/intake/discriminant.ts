/** Linear discriminant analysis with equal priors and a shared covariance, shrunk towards a multiple of the identity. */
export interface Discriminant {
  readonly classes: readonly string[];
  /** One row a class: a weight for each feature, then the constant. */
  readonly weights: readonly (readonly number[])[];
}

export function fitDiscriminant(
  rows: readonly (readonly number[])[],
  labels: readonly string[],
  shrinkage: number,
): Discriminant {
  const classes = [...new Set(labels)].sort();
  const width = rows[0].length;
  const mean = (of: readonly (readonly number[])[], f: number) =>
    of.reduce((sum, row) => sum + row[f], 0) / of.length;
  const features = Array.from({ length: width }, (_, f) => f);
  const scale = features.map((f) => {
    const centre = mean(rows, f);
    return Math.sqrt(rows.reduce((sum, row) => sum + (row[f] - centre) ** 2, 0) / rows.length);
  });
  const means = classes.map((name) => {
    const own = rows.filter((_, n) => labels[n] === name);
    return features.map((f) => mean(own, f));
  });
  const residuals = rows.map((row, n) =>
    features.map((f) => (row[f] - means[classes.indexOf(labels[n])][f]) / scale[f]),
  );
  const covariance = features.map((a) =>
    features.map((b) => residuals.reduce((sum, r) => sum + r[a] * r[b], 0) / rows.length),
  );
  const level = features.reduce((sum, f) => sum + covariance[f][f], 0) / width;
  const shrunk = covariance.map((row, a) =>
    row.map((value, b) => (1 - shrinkage) * value + (a === b ? shrinkage * level : 0)),
  );
  const inverse = invert(shrunk);
  const weights = means.map((centre) => {
    const scaled = centre.map((value, f) => value / scale[f]);
    const w = features.map((a) => features.reduce((sum, b) => sum + inverse[a][b] * scaled[b], 0));
    const constant = -0.5 * features.reduce((sum, f) => sum + w[f] * scaled[f], 0);
    return [...w.map((value, f) => value / scale[f]), constant];
  });
  return { classes, weights };
}

export function classify({ classes, weights }: Discriminant, row: readonly number[]): string {
  const scores = weights.map((w) => row.reduce((sum, value, f) => sum + w[f] * value, w[row.length]));
  return classes[scores.indexOf(Math.max(...scores))];
}

/** Gauss–Jordan with pivoting. */
function invert(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length;
  const work = matrix.map((row, a) => [...row, ...Array.from({ length: n }, (_, b) => (a === b ? 1 : 0))]);
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c; r < n; r++) if (Math.abs(work[r][c]) > Math.abs(work[pivot][c])) pivot = r;
    [work[c], work[pivot]] = [work[pivot], work[c]];
    const divisor = work[c][c];
    work[c] = work[c].map((value) => value / divisor);
    for (let r = 0; r < n; r++) {
      const factor = work[r][c];
      if (r !== c) work[r] = work[r].map((value, b) => value - factor * work[c][b]);
    }
  }
  return work.map((row) => row.slice(n));
}
