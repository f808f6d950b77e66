import type { Problem } from '../errors.js';

/**
 * A problem for a report: no folders, and with `neutral` no file names either, also not within its texts.
 */
export function problemForReport({ file, files, also, ...problem }: Problem, neutral: boolean): Problem {
  const named = [...(files ?? []), ...(file === undefined ? [] : [file])];
  const short = (path: string) => (neutral ? 'a file' : path.split(/[\\/]/).at(-1)!);
  const clean = (text: string) => {
    const replaced = named.reduce((rest, path) => rest.replaceAll(path, short(path)), text);
    return replaced.replace(/(?:[A-Za-z]:)?[\\/](?:[^\\/:\n]+[\\/])+[^\\/:\n]+/g, short);
  };
  return {
    ...problem,
    ...(problem.expected === undefined ? {} : { expected: clean(problem.expected) }),
    ...(problem.found === undefined ? {} : { found: clean(problem.found) }),
    ...(file === undefined || neutral ? {} : { file: short(file) }),
    ...(files === undefined || neutral ? {} : { files: files.map(short) }),
    ...(also === undefined ? {} : { also: also.map((other) => problemForReport(other, neutral)) }),
  };
}
