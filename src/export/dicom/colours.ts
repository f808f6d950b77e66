/** Colours that colour-blind eyes tell apart (Okabe and Ito 2008), per BraTS label: the app's and the overview picture's. */
export const OUTLINE_COLOURS: Readonly<Record<number, readonly [number, number, number]>> = {
  1: [0, 114, 178],
  2: [0, 158, 115],
  4: [240, 228, 66],
};
