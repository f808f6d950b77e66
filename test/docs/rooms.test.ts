import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

interface Rule {
  readonly name: string;
  readonly to: { readonly pathNot?: string };
}

describe('the table of docs/architecture.md', () => {
  it('lists the rooms and what each may import, as `npm run check` holds them', () => {
    const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
      forbidden: Rule[];
    };
    const held = forbidden.flatMap(({ name, to }) => {
      const room = /^(.+)-imports$/.exec(name)?.[1];
      if (room === undefined || !existsSync(`src/${room}`)) return [];
      const [, list] = /\((.*)\)/.exec(to.pathNot!)!;
      return [
        [
          room,
          list
            .split('|')
            .filter((other) => other !== room)
            .sort(),
        ] as const,
      ];
    });
    const page = readFileSync('docs/architecture.md', 'utf8');
    const table = page.slice(page.indexOf('## Who may import whom'), page.indexOf('## Geometry'));
    const written = [...table.matchAll(/^\| (\w+) \| .* \| (.*) \|$/gm)].map(
      ([, room, list]) => [room, list === '–' ? [] : list.split(', ').sort()] as const,
    );
    for (const [room, imports] of held) expect(Object.fromEntries(written)[room], room).toEqual(imports);
  });
});
