// The volumes of a group's table by `quorum bids` (first argument) against those of a cohort by `quorum segment FOLDER` and `quorum table`
// (second): what both tables say of a case must be the same text. One session a participant.
import { readFileSync } from 'node:fs';
import { csvParse, tsvParse } from 'd3-dsv';

const [groupFile, cohortFile] = process.argv.slice(2);
const group = tsvParse(readFileSync(groupFile, 'utf8'));
const cohort = new Map(csvParse(readFileSync(cohortFile, 'utf8')).map((row) => [row.case, row]));
const regions = ['WT', 'TC', 'ET'].flatMap((region) =>
  [
    ['volume', 'ml'],
    ['lower', 'range_lower_ml'],
    ['upper', 'range_upper_ml'],
    ['agreement', 'agreement'],
  ].map(([ours, theirs]) => [`${region}_${ours}`, `${region.toLowerCase()}_${theirs}`]),
);
const columns = [
  ['sequences', 'sequences_used'],
  ...regions,
  ['warnings', 'warnings'],
  ['model_sha256', 'model_hash'],
];
const differences = group.flatMap((row) =>
  columns.flatMap(([ours, theirs]) => {
    const said = row[ours] === 'n/a' ? '' : row[ours];
    const other = cohort.get(row.participant_id)?.[theirs];
    return said === other ? [] : [`${row.participant_id} ${ours}: ${said} and ${other}`];
  }),
);
if (group.length !== cohort.size) differences.push(`${group.length} and ${cohort.size} cases`);
console.log(`${group.length} cases, ${columns.length} columns: ${differences.length} differences`);
for (const difference of differences) console.log(`  ${difference}`);
process.exit(group.length > 0 && differences.length === 0 ? 0 : 1);
