/** Columns of text, the first `left` of them left-aligned, the rest right-aligned. */
export function table(rows: readonly (readonly string[])[], left = 1): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => [...row[c]].length)));
  const pad = (cell: string, c: number) => {
    const space = ' '.repeat(widths[c] - [...cell].length);
    return c < left ? cell + space : space + cell;
  };
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

/** A line broken at spaces into lines of at most `width` characters; those that follow begin with `indent`. */
export function wrapped(line: string, width: number, indent: string): string {
  if ([...line].length <= width) return line;
  const begin = line.match(/^ */)![0];
  const lines: string[] = [];
  let current = begin;
  for (const word of line.trim().split(/ +/)) {
    const isEmpty = current.trim() === '';
    if (!isEmpty && [...current].length + 1 + [...word].length > width) {
      lines.push(current);
      current = indent + word;
    } else current += isEmpty ? word : ` ${word}`;
  }
  return [...lines, current].join('\n');
}
