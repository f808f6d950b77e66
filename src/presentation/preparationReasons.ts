/** How a part of a reason reads, and its words; what is captured is put in. */
export type Phrase = readonly [pattern: RegExp, words: (...parts: string[]) => string];

/** Why images are prepared, and what the steps of a preparation say of what they did. */
export const PREPARATION_PHRASES: readonly Phrase[] = [
  [
    /^The images are as the scanner made them \(DICOM\)\.$/,
    () => 'The images are as the scanner made them (DICOM).',
  ],
  [/^Voxels are not about 1 mm\.$/, () => 'Voxels are not about 1 mm.'],
  [/^Voxels are not about 1 mm: (.*)\.$/, (spacings) => `Voxels are not about 1 mm: ${spacings}.`],
  [/^The sequences do not lie on one grid\.$/, () => 'The sequences do not lie on one grid.'],
  [/^The skull is still there\.$/, () => 'The skull is still there.'],
  [
    /^(T1|T1ce|T2|FLAIR) \(finest slices, (.*) mm\)$/,
    (sequence, mm) => `${sequence} (finest slices, ${mm} mm)`,
  ],
  [/^(T1|T1ce|T2|FLAIR) \(chosen by the user\)$/, (sequence) => `${sequence} (chosen by the user)`],
  [
    /^(T1|T1ce|T2|FLAIR) was not moved: alignment is off, the headers’ positions are trusted$/,
    (sequence) => `${sequence} was not moved: alignment is off, the headers’ positions are trusted`,
  ],
  [
    /^(T1|T1ce|T2|FLAIR) was moved onto (.*) by (.*) mm and ([\d.]+)°$/,
    (sequence, onto, mm, degrees) => `${sequence} was moved onto ${onto} by ${mm} mm and ${degrees}°`,
  ],
  [
    /^(T1|T1ce|T2|FLAIR) was moved onto (.*) by (.*) mm and ([\d.]+)°, as found before$/,
    (sequence, onto, mm, degrees) =>
      `${sequence} was moved onto ${onto} by ${mm} mm and ${degrees}°, as found before`,
  ],
  [/^as found before$/, () => 'as found before'],
  [
    /^(T1|T1ce|T2|FLAIR) aligned rigidly with the atlas’s brain$/,
    (sequence) => `${sequence} aligned rigidly with the atlas’s brain`,
  ],
  [
    /^(T1|T1ce|T2|FLAIR) aligned rigidly with the atlas’s head$/,
    (sequence) => `${sequence} aligned rigidly with the atlas’s head`,
  ],
  [/^its size is (\d+) % of the atlas’s$/, (share) => `its size is ${share} % of the atlas’s`],
  [
    /^turned off: the Case lies as the reference series does$/,
    () => 'turned off: the Case lies as the reference series does',
  ],
  [/^turned off: all that is not 0 stays$/, () => 'turned off: all that is not 0 stays'],
  [/^a mask that the user gave, taken as it is$/, () => 'a mask that the user gave, taken as it is'],
  [/^the images were stripped already$/, () => 'the images were stripped already'],
  [/^by the network, from (.*)$/, (sequence) => `by the network, from ${sequence}`],
  [
    /^the atlas’s mask carried over and refined by (.*)$/,
    (sequences) => `the atlas’s mask carried over and refined by ${sequences}`,
  ],
  [
    /^the image resampled to 1 mm, once \(trilinear\)$/,
    () => 'the image resampled to 1 mm, once (trilinear)',
  ],
  [
    /^(\d+) images resampled to 1 mm, once \(trilinear\)$/,
    (n) => `${n} images resampled to 1 mm, once (trilinear)`,
  ],
];
