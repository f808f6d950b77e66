/** A table in rows, the header first; null: nothing is given. */
export type Cell = string | number | null;
export type Table = readonly (readonly Cell[])[];
