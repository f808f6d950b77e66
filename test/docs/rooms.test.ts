import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';

const ROOMS = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

it('docs/architecture.md says of every room what it is for', () => {
  const page = readFileSync('docs/architecture.md', 'utf8');
  const named = [...page.matchAll(/^\| `src\/(\w+)` \| .+ \|$/gm)].map(([, room]) => room);
  expect(named.sort()).toEqual(ROOMS);
});

it('every room has its line of who may be imported', () => {
  const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
    forbidden: { name: string }[];
  };
  const held = forbidden.flatMap(({ name }) => /^(.+)-imports$/.exec(name)?.[1] ?? []);
  expect(ROOMS.filter((room) => !held.includes(room))).toEqual([]);
});
