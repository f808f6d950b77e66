import type { FollowUpReport, RanoRegion, TimePoint } from '../contract/followUp.js';
import { REGION_TITLES, titles } from '../contract/warnings.js';
import { cell, escapeHtml, htmlPage, number, table } from '../export/html.js';
import { mlText } from '../numbers.js';
import { timelineFigure } from '../presentation/followUpFigure.js';
import {
  changeText,
  isWithinRanges,
  percentText,
  RANO_MEANING,
  RANO_NOTICE,
  RANO_TITLES,
  suggestionText,
} from '../presentation/followUpText.js';
import { membersOf, REGIONS, type Region } from '../terms.js';

/** Dark enough on paper, and told apart by colour-blind eyes; the dashes tell them apart without colour. */
const INK: Readonly<Record<Region, readonly [colour: string, dash: string]>> = {
  WT: ['#00734f', ''],
  TC: ['#0072b2', '8 4'],
  ET: ['#9a5b00', '2 4'],
};

/** The timeline as one HTML page: figure, tables, measurements, and what is open. No scripts, no outside references. */
export function followUpHtml(report: FollowUpReport): string {
  const names = report.points.map(({ date, title }) => date ?? title);
  const { by, common } = report;
  const how =
    by === 'common'
      ? `Volumes by the sequences that all time points have: ${titles(membersOf(common!))}.`
      : 'Volumes by all sequences that each time point has.';
  const list = (items: readonly { text: string }[]) =>
    `<ul>${items.map(({ text }) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>`;
  return htmlPage(
    'Follow-up',
    `<h1>Follow-up of ${report.points.length} examinations</h1>
<p>Quorum ${escapeHtml(report.quorumVersion)}, ${escapeHtml(report.finishedAt)}</p>
<p class="notice">${escapeHtml(report.notice)}</p>
${report.warnings.length === 0 ? '' : `<h2>Warnings</h2>\n${list(report.warnings)}`}
<h2>Volumes</h2>
<p>${escapeHtml(how)}</p>
${figure(report, names)}
${table(
  [
    'Time point',
    'Sequences',
    'Region',
    'Volume (ml)',
    'Range (ml)',
    'From the first',
    'From the smallest before',
  ],
  report.points.flatMap((point, n) => REGIONS.map((region) => volumeRow(report, point, names[n], region))),
)}
<p>Per cent in brackets: the least and the most that the ranges of both volumes allow. Where they span 0, the change may be none.</p>
<h2>What changed</h2>
<p>Each examination was aligned with the first, without changing its shape. A rim of a voxel may come from the alignment.</p>
${table(
  ['Time point', 'Against', 'Region', 'Unchanged (ml)', 'Grown (ml)', 'New (ml)', 'Gone (ml)'],
  report.points.flatMap((point, n) => differenceRows(report, point, names, n)),
)}
<h2>Measurements by the limits of RANO 2.0</h2>
<p>${escapeHtml(RANO_NOTICE)} ${escapeHtml(RANO_MEANING)}</p>
${(['ET', 'WT'] as const).map((region) => ranoTable(report, names, region)).join('\n')}
<h2>Open: what RANO 2.0 asks for and images alone do not tell</h2>
${list(report.open)}
<h2>Provenance</h2>
${table(
  ['', ''],
  [
    ['Model', `${report.model.name} ${report.model.version}`],
    ['Model hash', report.model.hash],
  ].map((row) => row.map(cell)),
)}`,
  );
}

function volumeRow({ by }: FollowUpReport, point: TimePoint, name: string, region: Region): string[] {
  const { ml, range, fromBaseline, fromNadir } = (by === 'common' ? point.common! : point.all)[region];
  const none = isWithinRanges(fromBaseline) ? ' may be none' : '';
  return [
    cell(name),
    cell(titles(membersOf(point.used)) + (point.isEdited ? ', edited by hand' : '')),
    cell(REGION_TITLES[region]),
    number(ml === null ? 'not shown' : mlText(ml)),
    number(range ? `${mlText(range.lower)}–${mlText(range.upper)}` : 'not known'),
    number(changeText(fromBaseline) + none),
    number(changeText(fromNadir)),
  ];
}

function differenceRows(
  report: FollowUpReport,
  point: TimePoint,
  names: readonly string[],
  n: number,
): string[][] {
  const { difference } = point;
  if (!difference) return [];
  const against = n > 1 ? (['baseline', 'previous'] as const) : (['baseline'] as const);
  const shown = report.by === 'common' ? point.common! : point.all;
  return against.flatMap((which) =>
    REGIONS.filter((region) => shown[region].supported).map((region) => {
      const { unchangedMl, grownMl, newMl, goneMl } = difference[which][region];
      return [
        cell(names[n]),
        cell(which === 'baseline' ? names[0] : names[n - 1]),
        cell(REGION_TITLES[region]),
        ...[unchangedMl, grownMl, newMl, goneMl].map((ml) => number(mlText(ml))),
      ];
    }),
  );
}

function ranoTable(report: FollowUpReport, names: readonly string[], region: RanoRegion): string {
  const rows = report.points.map(({ rano }, n) => {
    const { targets, sumMm2, measurable, lesions, newMeasurable, area, volume } = rano[region];
    const diameters = targets.map(({ target, longestMm, perpendicularMm, mergedInto }) =>
      longestMm === null
        ? `${target}: ${mergedInto === null ? 'gone' : `grown into ${mergedInto}`}`
        : `${target}: ${longestMm.toFixed(0)} × ${perpendicularMm!.toFixed(0)}`,
    );
    const count =
      lesions === null
        ? 'not shown'
        : `${measurable} of ${lesions}${newMeasurable ? `, ${newMeasurable} new` : ''}`;
    return [
      cell(names[n]),
      cell(count),
      cell(diameters.join('; ') || '–'),
      number(sumMm2 === null ? '–' : sumMm2.toFixed(0)),
      number(`${percentText(area.fromBaseline)} / ${percentText(area.fromNadir)}`),
      cell(suggestionText(area)),
      number(`${percentText(volume.fromBaseline)} / ${percentText(volume.fromNadir)}`),
      cell(suggestionText(volume)),
    ];
  });
  const headings = [
    'Time point',
    'Measurable lesions',
    'Targets (mm)',
    'Sum of products (mm²)',
    'Area from baseline / nadir',
    'By area',
    'Volume from baseline / nadir',
    'By volume',
  ];
  return `<h3>${RANO_TITLES[region]}</h3>\n${table(headings, rows)}`;
}

function figure({ points, by }: FollowUpReport, names: readonly string[]): string {
  const { lines, rows, isEven, ...at } = timelineFigure(points, names, by, { width: 720, height: 300 });
  const text = (x: number, y: number, anchor: string, what: string) =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}">${escapeHtml(what)}</text>`;
  const grid = rows.map(
    ({ y, ml }) =>
      `<line x1="${at.left}" x2="${at.right}" y1="${y}" y2="${y}" stroke="#ddd"/>${text(at.left - 6, y + 4, 'end', `${ml}`)}`,
  );
  const columns = at.points.map(
    ({ x, title, below, isChanged }) =>
      `${isChanged ? `<line x1="${x}" x2="${x}" y1="${at.top}" y2="${at.bottom}" stroke="#b36b00" stroke-dasharray="2 3"/>${text(x, at.top - 4, 'middle', 'other sequences')}` : ''}${text(x, at.bottom + 16, 'middle', title)}${text(x, at.bottom + 30, 'middle', below)}`,
  );
  const drawn = lines.map(({ region, pieces }) => {
    const [colour, dash] = INK[region];
    const marks = pieces.flat();
    const ranges = marks.map(({ x, range }) =>
      range
        ? `<path d="M${x - 3} ${range.y[1]}H${x + 3}M${x} ${range.y[1]}V${range.y[0]}M${x - 3} ${range.y[0]}H${x + 3}" stroke="${colour}" fill="none"/>`
        : '',
    );
    const paths = pieces.map(
      (piece) =>
        `<polyline points="${piece.map(({ x, y }) => `${x},${y}`).join(' ')}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`,
    );
    const dots = marks.map(({ x, y }) => `<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}"/>`);
    return [...ranges, ...paths, ...dots].join('');
  });
  const key = lines.map(({ region }, n) => {
    const [colour, dash] = INK[region];
    const x = at.left + n * 170;
    return `<line x1="${x}" x2="${x + 26}" y1="${at.height - 6}" y2="${at.height - 6}" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>${text(x + 32, at.height - 2, 'start', REGION_TITLES[region])}`;
  });
  const even = isEven ? '<p>Time points stand at even steps, not by their distance in days.</p>' : '';
  return `<svg viewBox="0 0 ${at.width} ${at.height}" role="img" aria-label="Volumes over time in ml" font-size="12" font-family="system-ui, sans-serif" width="100%">${[...grid, ...columns, ...drawn, ...key].join('\n')}</svg>\n${even}`;
}
