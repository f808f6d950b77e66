/** What the headers say of a series; a field is absent where they are silent. */
export interface AboutSeries {
  readonly description?: string;
  readonly protocol?: string;
  /** ISO 8601 date, with the time where it is known, no zone. */
  readonly acquired?: string;
  /** Milliseconds. */
  readonly echoTime?: number;
  readonly repetitionTime?: number;
  readonly inversionTime?: number;
  /** null: the field is there and says that none was given. */
  readonly contrastAgent?: string | null;
  /** Millimetres. */
  readonly sliceThickness?: number;
  readonly manufacturer?: string;
  /** Tesla. */
  readonly fieldStrength?: number;
  readonly seriesNumber?: number;
  /** Degrees. */
  readonly flipAngle?: number;
  /** Counted from 1 within an acquisition of several echoes. */
  readonly echoNumber?: number;
  /** Scanning Sequence and Sequence Variant, upper case: SE, IR, GR, EP; SK, SP, MP, SS. */
  readonly scanning?: readonly string[];
  readonly variant?: readonly string[];
  /** Image Type, upper case. */
  readonly imageType?: readonly string[];
  /** s/mm². */
  readonly bValue?: number;
  /** Body Part Examined. */
  readonly bodyPart?: string;
  readonly sequenceName?: string;
  /** When the contrast agent was injected: ISO 8601, no zone. */
  readonly injected?: string;
  /** Time of day of the acquisition where its date is not known: HH:MM:SS. */
  readonly clock?: string;
}
