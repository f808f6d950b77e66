import { mlText } from '../numbers.js';
import { deviceTitle } from '../terms.js';
import type { RegionRow, ReportFacts } from './facts.js';

const STYLE = `
body { font: 11pt/1.45 system-ui, sans-serif; color: #111; background: #fff; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin-bottom: 0; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
.notice { border: 2px solid #111; padding: .4rem .8rem; font-weight: 600; }
table { border-collapse: collapse; width: 100%; } th, td { border-bottom: 1px solid #bbb; padding: .25rem .6rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; } img { max-width: 100%; } code { overflow-wrap: anywhere; }
@media print { body { margin: 0; } h2 { break-after: avoid; } tr, img { break-inside: avoid; } }`;

/**
 * One HTML page: no scripts, no outside references (its own policy forbids them).
 *
 * @param body HTML in which everything that comes from files or names is escaped.
 */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)} – Quorum</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** The report of a case, the picture inside. Everything that comes from files or names is escaped. */
export function reportHtml(facts: ReportFacts): string {
  return htmlPage(
    facts.caseName,
    `<h1>${escapeHtml(facts.caseName)}</h1>
${facts.examination ? `<p>${escapeHtml(examinationLine(facts.examination))}</p>\n` : ''}<p>Quorum ${escapeHtml(facts.quorumVersion)}, ${escapeHtml(facts.createdAt.slice(0, 16).replace('T', ' '))} UTC</p>
<p class="notice">${escapeHtml(facts.notice)}</p>
<h2>Volumes</h2>
${table(['Mask', 'Region', 'Volume (ml)', 'Diameters (mm)', 'Range (ml)', 'Agreement', 'Remarks'], facts.rows.map(volumeRow))}
<p>Diameters: the longest in one axial slice, and the longest perpendicular to it in the same slice.</p>
${facts.edit === null ? '' : `<p>Edited by hand: ${escapeHtml(facts.edit)}.</p>`}
<h2>Warnings</h2>
<ul>${facts.warnings.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>
${facts.preparation.length === 0 ? '' : `<h2>Preparation</h2>\n<ul>${facts.preparation.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>`}
<h2>Questions</h2>
${table(
  ['Question', 'Answer'],
  facts.answers.map(({ question, answer }) => [question, answer].map(cell)),
)}
<h2>Sequences</h2>
${table(
  ['Sequence', 'Used', 'File', 'Recognised by'],
  facts.sequences.map(({ title, used, file, reason }) =>
    [title, used ? 'yes' : 'no', file, reason].map(cell),
  ),
)}
<h2>Provenance</h2>
${table(['', ''], provenance(facts))}
${facts.picture === null ? '' : `<h2>Overview</h2>\n<p>Radiological convention: the patient’s right is on the left.</p>\n<img alt="One axial slice of each image and mask" src="data:image/png;base64,${Buffer.from(facts.picture).toString('base64')}">`}`,
  );
}

function volumeRow(row: RegionRow): string[] {
  const { title, regionTitle, ml, diameters, note, rangeMl, agreement, byHand } = row;
  const hand = byHand ? editedBy(byHand) : '';
  return [
    cell(title),
    cell(regionTitle),
    number(ml === null ? '–' : mlText(ml)),
    number(diameters ? `${diameters.longestMm.toFixed(1)} × ${diameters.perpendicularMm.toFixed(1)}` : '–'),
    number(rangeMl ? `${mlText(rangeMl.lower)}–${mlText(rangeMl.upper)}` : 'not known'),
    number(agreement === null ? '–' : agreement.toFixed(2)),
    cell([hand, note].filter(Boolean).join('; ')),
  ];
}

function editedBy({ addedMl, removedMl }: NonNullable<RegionRow['byHand']>): string {
  const changes = [
    ...(addedMl > 0 ? [`+${mlText(addedMl)} ml`] : []),
    ...(removedMl > 0 ? [`−${mlText(removedMl)} ml`] : []),
  ];
  return changes.length > 0 ? `edited by hand (${changes.join(', ')})` : 'not changed by hand';
}

function examinationLine({ patient, date }: NonNullable<ReportFacts['examination']>): string {
  return `Patient ${patient ?? 'not named'}, examination of ${date ?? 'unknown date'}`;
}

function provenance({ model, engine, threshold, labels }: ReportFacts): string[][] {
  const rows: [string, string][] = [
    ['Model', `${model.name} ${model.version}`],
    ['Model hash', model.hash],
    ['Trained on', model.trainingData],
    ['Computed on', `${deviceTitle(engine.device)} (${engine.name})`],
    ['Threshold', threshold.toFixed(2)],
    ['Labels', labels],
  ];
  return rows.map(([name, value]) => [cell(name), `<td><code>${escapeHtml(value)}</code></td>`]);
}

/** A table of headings, which are escaped, and of cells, which are HTML already (`cell`, `number`). */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = headings.some(Boolean)
    ? `<thead><tr>${headings.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('')}</tr></thead>`
    : '';
  return `<table>${head}<tbody>${rows.map((cells) => `<tr>${cells.join('')}</tr>`).join('\n')}</tbody></table>`;
}

export const cell = (text: string) => `<td>${escapeHtml(text)}</td>`;
export const number = (text: string) => `<td class="number">${escapeHtml(text)}</td>`;

/** Text that stands for itself within HTML and within quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
