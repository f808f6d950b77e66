/** The parts of dcmjs (no types of its own) that are used here. */
declare module 'dcmjs' {
  interface Element {
    vr: string;
    Value: unknown[];
  }
  class DicomDict {
    constructor(meta: Record<string, Element>);
    dict: Record<string, Element>;
    write(): ArrayBuffer;
  }
  const dcmjs: {
    data: {
      DicomDict: typeof DicomDict;
      DicomMetaDictionary: {
        nameMap: Record<string, { tag: string; vr: string } | undefined>;
        denaturalizeDataset(dataset: Record<string, unknown>): Record<string, Element>;
      };
      Colors: { rgb2DICOMLAB(rgb: number[]): number[] };
    };
  };
  export default dcmjs;
}
