import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FreeList } from '../../src/kernels/freeList.js';

it('hands out no byte twice and merges everything again, whatever the order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(9)), { maxLength: 60 }),
      (steps) => {
        const list = new FreeList();
        list.give(100, 500);
        const taken: { start: number; size: number }[] = [];
        for (const [size, choice] of steps) {
          const start = choice < 6 ? list.take(size) : undefined;
          if (start !== undefined) {
            for (const other of taken) {
              expect(start + size <= other.start || other.start + other.size <= start).toBe(true);
            }
            expect(start >= 100 && start + size <= 600).toBe(true);
            taken.push({ start, size });
          } else if (taken.length > 0) {
            const [{ start, size }] = taken.splice(choice % taken.length, 1);
            list.give(start, size);
          }
        }
        for (const { start, size } of taken) list.give(start, size);
        expect(list.ranges()).toEqual([{ start: 100, end: 600 }]);
      },
    ),
  );
});

it('takes nothing that does not fit', () => {
  const list = new FreeList();
  list.give(0, 10);
  list.give(20, 10);
  expect(list.take(11)).toBeUndefined();
  expect(list.take(10)).toBe(0);
});
