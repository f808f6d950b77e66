/** Columns of text, the first `left` of them left-aligned, the rest right-aligned. */
export function table(rows: readonly (readonly string[])[], left = 1): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => [...row[c]].length)));
  const pad = (cell: string, c: number) => {
    const space = ' '.repeat(widths[c] - [...cell].length);
    return c < left ? cell + space : space + cell;
  };
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
