import { QuorumError } from '../errors.js';

/** The longest text header that is looked at. */
export const TEXT_HEADER_BYTES = 1 << 16;

/** The fields of a text header by name, with errors that name file and field. */
export class TextFields {
  private readonly values = new Map<string, string>();

  constructor(private readonly file: string) {}

  /** @throws QuorumError HEADER_INVALID when the field was there already (readers differ in which one counts) */
  add(name: string, value: string): void {
    if (this.values.has(name)) throw this.invalid(name, 'given once', 'given twice');
    this.values.set(name, value);
  }

  get(name: string): string | undefined {
    return this.values.get(name);
  }

  require(name: string): string {
    const value = this.values.get(name);
    if (value === undefined) throw this.invalid(name, 'to be there', 'missing');
    return value;
  }

  /** Three whole numbers. @throws QuorumError NOT_3D when there are not three axes */
  size(axesField: string, sizeField: string): readonly [number, number, number] {
    const axes = this.require(axesField);
    const sizes = this.require(sizeField).trim().split(/\s+/).map(Number);
    if (axes !== '3' || sizes.length !== 3) {
      const found = `${axes} axes (${sizes.join(' × ')})`;
      throw new QuorumError({ code: 'NOT_3D', field: axesField, expected: '3 axes', found, file: this.file });
    }
    return [sizes[0], sizes[1], sizes[2]];
  }

  /** The value of a field in a table. @throws QuorumError DATATYPE_UNSUPPORTED */
  oneOf<T>(name: string, table: Readonly<Record<string, T>>): T {
    const found = this.require(name);
    if (Object.hasOwn(table, found)) return table[found];
    const expected = `one of ${Object.keys(table).join(', ')}`;
    throw new QuorumError({ code: 'DATATYPE_UNSUPPORTED', field: name, expected, found, file: this.file });
  }

  /** The table's value for the first of `names` that is there. @throws QuorumError DATATYPE_UNSUPPORTED */
  flag<T>(names: readonly string[], table: Readonly<Record<string, T>>): T | undefined {
    const name = names.find((n) => this.values.has(n));
    return name === undefined ? undefined : this.oneOf(name, table);
  }

  /** The finite numbers of the first of `names` that is there. @throws QuorumError HEADER_INVALID */
  numbers(names: readonly string[], count: number): number[] | undefined {
    const name = names.find((n) => this.values.has(n));
    if (name === undefined) return undefined;
    const found = this.require(name);
    const numbers = found.split(/\s+/).map(Number);
    if (numbers.length === count && numbers.every(Number.isFinite)) return numbers;
    throw this.invalid(name, `${count} numbers`, found.slice(0, 80));
  }

  /** Bytes to skip before the data (default 0), or 'end' for -1. @throws QuorumError HEADER_INVALID */
  skip(name: string): number | 'end' {
    const found = this.values.get(name) ?? '0';
    if (found === '-1') return 'end';
    if (/^\d{1,10}$/.test(found)) return Number(found);
    throw this.invalid(name, 'a whole number from -1', found.slice(0, 40));
  }

  invalid(field: string, expected: string, found: string): QuorumError {
    return new QuorumError({ code: 'HEADER_INVALID', field, expected, found, file: this.file });
  }
}
