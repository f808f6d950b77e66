import type { ErrorCode, Problem } from '../errors.js';

/** What each code means and what the user can do: the only place where problems become sentences. */
const TEXTS: Record<ErrorCode, readonly [what: string, remedy: string]> = {
  FILE_NOT_FOUND: ['The file or folder is not where it was.', 'Check the path.'],
  FILE_UNREADABLE: ['The file cannot be read.', 'Check its permissions.'],
  FORMAT_UNKNOWN: [
    'This is no image format that Quorum reads.',
    'Use DICOM, NIfTI (.nii, .nii.gz), MetaImage, NRRD, FreeSurfer’s .mgz or Analyze (.hdr with .img).',
  ],
  HEADER_INVALID: ['The file header is invalid.', 'Export the image again.'],
  DATA_TRUNCATED: ['The file ends before its image does.', 'Copy or export the file again.'],
  DATA_TOO_LARGE: [
    'The file declares or contains more data than an image of a head.',
    'Check where the file comes from.',
  ],
  DATA_CORRUPT: ['The compressed data are damaged.', 'Copy or export the file again.'],
  NOT_3D: ['The image has more than three dimensions.', 'Split the series and give one volume per sequence.'],
  DATATYPE_UNSUPPORTED: [
    'Images with this kind of voxel are not read.',
    'Convert it to an integer or float type.',
  ],
  VALUES_NOT_FINITE: ['The image holds NaN or infinite values.', 'Repair the image (air is 0).'],
  LABELS_INVALID: ['A label map must hold small whole numbers.', 'Check that this file is a mask.'],
  NO_IMAGES: [
    'There is no image here.',
    'Give a folder with the sequences of one patient, or a folder of such folders.',
  ],
  ONLY_MASKS: ['There are masks here, but no image.', 'Give at least one of T1, T1ce, T2, FLAIR.'],
  SEQUENCE_AMBIGUOUS: [
    'It is in doubt which image is which sequence.',
    'Name the right ones, e.g. --t1 FILE --t1ce FILE (of DICOM also by series number), or leave them out with --use.',
  ],
  SEQUENCE_UNKNOWN: [
    'No image here is known to be one of the four sequences.',
    'Name them, e.g. --t1 FILE --flair FILE; of DICOM also by series number.',
  ],
  SEQUENCE_NOT_AVAILABLE: [
    'A sequence that was asked for is not there.',
    'Leave it out of --use, or add its file.',
  ],
  MASK_AS_IMAGE: ['This file holds labels, not image intensities.', 'Give the image instead of its mask.'],
  DICOM_INVALID: ['This file cannot be read as a DICOM image.', 'Export the series from the PACS again.'],
  CONVERSION_FAILED: [
    'This series could not be read. Its files may well be whole.',
    'Convert it to NIfTI with another program and give that, or leave it out.',
  ],
  CONVERSION_TOO_LONG: [
    'Reading this series took too long and was stopped.',
    'Convert it to NIfTI with another program and give that, or leave it out.',
  ],
  ARCHIVE_UNSAFE: [
    'This archive holds entries that an archive of images does not hold; nothing of it was unpacked.',
    'Check where it comes from, or unpack it yourself and give the folder.',
  ],
  FOLDER_TOO_LARGE: [
    'There are more files here than in the examinations of one patient.',
    'Give the folder of one patient.',
  ],
  NOT_CONFIRMED: [
    'It is not certain that these images belong to one patient and one examination.',
    'Look at what is in doubt (`quorum inspect`), then confirm with --one-patient.',
  ],
  SEVERAL_STUDIES: [
    'There are several examinations here. They are not taken together.',
    'Choose one, e.g. --study 2; `quorum inspect` tells more of each.',
  ],
  SEVERAL_PATIENTS: [
    'By their headers these examinations are of several patients.',
    'Give those of one patient; where they are one patient’s all the same, confirm with --one-patient.',
  ],
  TOO_FEW_EXAMINATIONS: [
    'A follow-up needs at least two examinations of one patient.',
    'Give another examination.',
  ],
  STUDY_UNKNOWN: [
    'There is no such examination here.',
    'Give --study its number in the list, its id or its Study Instance UID.',
  ],
  SERIES_UNKNOWN: [
    'This names no single series of the examination.',
    'Give a file of it, its folder, its series number or its id; `quorum inspect` lists them.',
  ],
  GRIDS_DIFFER: [
    'The images do not lie on one grid.',
    'Leave out --no-prepare to have them aligned, or use --force to resample by their headers.',
  ],
  NOT_SKULL_STRIPPED: [
    'This does not look like a skull-stripped brain.',
    'Leave out --no-prepare to have it stripped, or use --force.',
  ],
  NOT_ISOTROPIC_1MM: [
    'The voxels are not about 1 mm on every side.',
    'Leave out --no-prepare to have them resampled, or use --force.',
  ],
  EMPTY_IMAGE: ['The image is empty.', 'Check the export of this sequence.'],
  REGISTRATION_FAILED: [
    'An image could not be aligned.',
    'Check that all series show the head of one patient; leave this one out, or choose another reference.',
  ],
  IMAGES_APART: [
    'To lie on the reference this image had to be moved farther than a head moves within an examination.',
    'Check that it is of the same patient and examination, and that its header is right; or leave it out.',
  ],
  BRAIN_NOT_FOUND: [
    'No plausible brain was found.',
    'Look at the check picture; give a brain mask, or leave out the skull stripping.',
  ],
  BRAIN_INCOMPLETE: [
    'The reference series does not cover the whole brain.',
    'Choose another reference series that does.',
  ],
  BRAIN_MASK_INVALID: [
    'The brain mask does not fit this case.',
    'Give a mask on the grid of the prepared case.',
  ],
  ATLAS_INVALID: ['The atlas that comes with Quorum is damaged.', 'Install Quorum again.'],
  WEIGHTS_INVALID: ['The weights do not fit this network.', 'Check the names and shapes of its tensors.'],
  MODEL_INVALID: ['model.json is invalid.', 'Correct the field, or get the model again.'],
  MODEL_NOT_FOUND: ['There is no model here.', 'Give a folder with model.json and weights.safetensors.'],
  MODEL_HASH_MISMATCH: ['The weights are not those that model.json describes.', 'Get the model again.'],
  ENGINE_FAILED: ['The network could not be run.', 'Try --device cpu.'],
  DEVICE_NOT_AVAILABLE: ['This device is not available here.', 'See `quorum inspect --devices`.'],
  DEVICE_REJECTED: [
    'This device failed its self-test.',
    'See `quorum inspect --devices`, or use --device cpu.',
  ],
  DATASET_INVALID: ['The data set is invalid.', 'Correct the file that is named.'],
  SPLIT_INVALID: ['The split of the patients is invalid.', 'Correct the split file.'],
  CONFIG_INVALID: ['The configuration file is not understood.', 'Correct it: YAML, one option a line.'],
  CASE_UNKNOWN: [
    'The mask that was scored cannot be made again.',
    'See whether data set, model and masks lie where they lay then; or evaluate again.',
  ],
  RUN_BUSY: ['Another process seems to be training this run.', 'Wait until it has ended, or stop it there.'],
  CHECKPOINT_INVALID: ['The checkpoint cannot be used.', 'Start again, or resume from an earlier one.'],
  LABELS_UNKNOWN: [
    'The masks hold labels that are none of their scheme. They are not taken for background.',
    'Correct the masks, or say what their labels mean: --labels NAME, or --labels WT=1+2+3,TC=2+3,ET=3.',
  ],
  LABELS_IN_DOUBT: [
    'It is in doubt what the labels of these masks mean, and the scores depend on it.',
    'Say it: --labels NAME, or --labels WT=1+2+3,TC=2+3,ET=3; of a data set by "labels" in its dataset.json.',
  ],
  PREDICTIONS_MISSING: ['Predicted masks are missing.', 'Segment these cases first.'],
  NOT_DICOM: [
    'DICOM objects can be made for DICOM images alone: a NIfTI file does not say whose it is or which images it came from.',
    'Segment the DICOM series itself, or export NIfTI.',
  ],
  DICOM_INCOMPLETE: [
    'The DICOM series lacks what a result must refer to.',
    'Export the series again, or export NIfTI.',
  ],
  FRAMES_DIFFER: ['The mask does not lie on the slices of this DICOM series.', 'Export NIfTI instead.'],
  MASK_EMPTY: ['The mask is empty: there is nothing to write.', 'Export NIfTI or the report instead.'],
  OUTPUT_EXISTS: [
    'There is already a file where the result should go. Nothing was changed.',
    'Choose another output folder; --overwrite replaces only unchanged results of Quorum.',
  ],
  OUTPUT_INSIDE_INPUT: [
    'The output folder lies inside the input.',
    'Choose a folder outside the patient’s data.',
  ],
  OUTPUT_NOT_WRITABLE: ['The output cannot be written.', 'Choose another folder or check its permissions.'],
  DISK_FULL: ['The disk is full. Nothing half-written was left behind.', 'Free some space and run it again.'],
  CANCELLED: ['Cancelled.', 'Nothing was written.'],
  WORKER_DIED: [
    'The worker process ended unexpectedly.',
    'Run it again; with less memory in use if it happens again.',
  ],
  REQUEST_INVALID: ['The request is invalid.', 'Check the options.'],
  NOT_REACHED: ['Quorum does not answer.', 'See whether it still runs; the page tries again by itself.'],
  COHORT_INVALID: [
    'The file of this cohort (cohort.json) cannot be used.',
    'Move it away and begin again: results that are finished are found and not made twice.',
  ],
  COHORT_BUSY: ['Another Quorum is running this cohort.', 'Wait until it has ended, or stop it there.'],
  COHORT_INPUT_UNKNOWN: [
    'Where the images of this case lie is not written down.',
    'Give the folder with the images again.',
  ],
  NOT_OPEN: ['This case, mask or job is not open any more.', 'Open it again.'],
  RESULT_MISSING: ['There is no result to show.', 'Segment the case first.'],
  FORGET_INCOMPLETE: [
    'The case is closed, but not all that was kept of it could be removed.',
    'See whether its profile folder can be written; then open the case again and forget it again.',
  ],
  HEAD_NOT_KEPT: [
    'The head that the brain mask is corrected on was not kept.',
    'Prepare the images again; Settings say whether heads are kept.',
  ],
  EDIT_MISSING: ['Nothing is being edited.', 'Start editing from a mask first.'],
  INTERNAL: ['Something went wrong inside Quorum.', 'Please report it with this message.'],
};

/** Remedies for the app, where those above name options of the command line. */
const APP_REMEDIES: Partial<Record<ErrorCode, string>> = {
  SEQUENCE_AMBIGUOUS: 'Choose the right file for this sequence.',
  SEQUENCE_UNKNOWN: 'Say for each file which sequence it is.',
  SEQUENCE_NOT_AVAILABLE: 'Switch it off, or add its file.',
  NOT_CONFIRMED: 'Look at what is in doubt, then confirm.',
  SEVERAL_STUDIES: 'Choose one.',
  SEVERAL_PATIENTS: 'Take away what is of another patient.',
  STUDY_UNKNOWN: 'Choose one of those that are there.',
  SERIES_UNKNOWN: 'Choose one of its series.',
  GRIDS_DIFFER: 'Align the images first, or segment anyway: they are then resampled by their headers.',
  NOT_SKULL_STRIPPED: 'Remove the skull first (air exactly 0), or segment anyway.',
  NOT_ISOTROPIC_1MM: 'Resample to 1 mm first, or segment anyway.',
  ENGINE_FAILED: 'Choose the CPU in the settings.',
  DEVICE_NOT_AVAILABLE: 'Choose another device in the settings.',
  DEVICE_REJECTED: 'Choose the CPU in the settings.',
  OUTPUT_EXISTS: 'Choose another folder; only unchanged results of Quorum can be replaced.',
  REQUEST_INVALID:
    'Correct what is named; if you named nothing yourself, please report it with this message.',
  INTERNAL: 'Please report it with this message.',
};

/** A problem for a window: what happened, the facts (file, field, found, expected), and what the user can do. */
export function problemText(problem: Problem): { what: string; facts: string[]; remedy: string } {
  const [what, remedy] = TEXTS[problem.code];
  const others = problem.also ?? [];
  const same = others.filter(({ code }) => code === problem.code).flatMap(({ file }) => file ?? []);
  const further = others
    .filter(({ code }) => code !== problem.code)
    .flatMap((other) => [TEXTS[other.code][0], ...facts(inWindow(other))]);
  const alike = same.length > 0 ? [`likewise: ${same.map(baseName).join(', ')}`] : [];
  return {
    what,
    facts: [...facts(inWindow(problem)), ...alike, ...further].map((fact) => fact.trim()),
    remedy: APP_REMEDIES[problem.code] ?? remedy,
  };
}

const baseName = (file: string) => file.split(/[\\/]/).at(-1)!;

/** In a window the file's name says enough: dropped files lie in a folder that means nothing to the user. */
function inWindow(problem: Problem): Problem {
  const { file, files, ...rest } = problem;
  return {
    ...rest,
    ...(file ? { file: baseName(file) } : {}),
    ...(files ? { files: files.map(baseName) } : {}),
  };
}

/** One problem in sentences, several lines: what, where, found and expected, what to do. */
export function describeProblem(problem: Problem): string {
  const [what, remedy] = TEXTS[problem.code];
  const lines = [`${problem.code}: ${what}`, ...facts(problem)];
  for (const { code, file, found } of problem.also ?? []) {
    lines.push(`  also ${[code, file && baseName(file), found].filter(Boolean).join(': ')}`);
  }
  return [...lines, `  → ${remedy}`].join('\n');
}

function facts({ file, files, field, found, expected }: Problem): string[] {
  const lines: string[] = [];
  if (file) lines.push(`  file: ${file}`);
  for (const each of files ?? []) if (each !== file) lines.push(`  file: ${each}`);
  if (field) lines.push(`  field: ${field}`);
  if (found) lines.push(`  found: ${found}`);
  if (expected) lines.push(`  expected: ${expected}`);
  return lines;
}
