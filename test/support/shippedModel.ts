/** What the shipped model says of itself, for tests that hold whatever model is shipped. */
import { readFileSync } from 'node:fs';
import { REGIONS, type Region } from '../../src/terms.js';

const { knowledge } = JSON.parse(readFileSync('resources/model/model.json', 'utf8'));

/** The regions that it supports from a combination such as `t1+flair`. */
export function supportedRegions(combination: string): Region[] {
  return REGIONS.filter((region) => knowledge.combinations[combination][region].supported);
}
