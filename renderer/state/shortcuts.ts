import { QUESTIONS } from '../../src/contract/index.js';
import { MODALITIES, MODALITY_TITLES } from '../../src/terms.js';
import { SLICE_INPUTS } from '../viewer/paneInput.js';
import { LAYOUT_TITLES, LAYOUTS } from './display.svelte.js';
import type { Painting, Tool } from './painting.svelte.js';
import type { Session } from './session.svelte.js';
import { VIEWS } from './views.js';

/** One list for the keys, their help, and what they do. */
interface Shortcut {
  readonly keys: string;
  readonly title: string;
  readonly when?: (session: Session) => boolean;
  /** Several keys that stand as one line in the help; '' is none. */
  readonly help?: string;
  readonly run: (session: Session, event: KeyboardEvent) => void;
}

export interface ShortcutGroup {
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
}

const hasCase = (session: Session) => session.openCase !== null;
const looking = (session: Session) =>
  session.openCase !== null && ['case', 'compare', 'correct'].includes(session.view);
const inCase = (session: Session) => looking(session) && session.view === 'case';
const editing = (session: Session) => session.view === 'correct' && session.openCase?.editing.overlay != null;

/** Places to decide are gone through: digits, N and P are theirs. */
const deciding = (session: Session) => editing(session) && session.openCase!.places.now !== null;
const display = (session: Session) => session.openCase!.display;

/** The mask that is painted on where the window looks. */
function paintingOf({ view, openCase }: Session): Painting | null {
  if (view === 'correct' && openCase?.editing.overlay) return openCase.editing;
  return view === 'case' && openCase?.preparing.brain.overlay ? openCase.preparing.brain : null;
}
const painting = (session: Session) => paintingOf(session) !== null;

export const SHORTCUTS: readonly ShortcutGroup[] = [
  {
    title: 'Everywhere',
    shortcuts: [
      {
        keys: '?',
        title: 'This help',
        run: (session) => {
          session.dialog = 'shortcuts';
        },
      },
      ...VIEWS.map((view, index) => ({
        keys: `Alt+${index + 1}`,
        title: `View: ${view[0].toUpperCase()}${view.slice(1)}`,
        when: (session: Session) => session.openCase !== null || !['compare', 'correct'].includes(view),
        run: (session: Session) => {
          session.view = view;
        },
      })),
      {
        keys: 'e',
        title: 'Export',
        when: (s) => !!s.openCase?.case.result,
        run: (s) => {
          s.dialog = 'export';
        },
      },
    ],
  },
  {
    title: 'On a slice',
    // The slice itself hears them.
    shortcuts: SLICE_INPUTS.map(({ keys, title }) => ({ keys, title, when: () => false, run: () => {} })),
  },
  {
    title: 'Images',
    shortcuts: [
      ...LAYOUTS.map((layout, index) => ({
        keys: `${index + 1}`,
        title: LAYOUT_TITLES[layout],
        when: (s: Session) => looking(s) && !deciding(s) && (index < 4 || inCase(s)),
        run: (s: Session) => display(s).show(layout),
      })),
      { keys: 'v', title: 'Next layout', when: looking, run: (s) => display(s).nextLayout() },
      ...MODALITIES.map((sequence, index) => ({
        keys: `Shift+${index + 1}`,
        title: `Look at ${MODALITY_TITLES[sequence]}`,
        when: (s: Session) => looking(s) && s.openCase!.case.available.includes(sequence),
        run: (s: Session) => {
          display(s).background = sequence;
        },
      })),
      {
        keys: 'i',
        title: 'Prepared images, or the original series',
        when: (s) => inCase(s) && s.openCase!.case.preparation.made !== null,
        run: (s) => display(s).showSeries(display(s).series === 'original' ? 'prepared' : 'original'),
      },
      {
        keys: 'Space',
        title: 'Mask on or off',
        when: looking,
        run: (s) => {
          display(s).overlayVisible = !display(s).overlayVisible;
        },
      },
      {
        keys: 'm',
        title: 'Hide the mask while held',
        when: looking,
        run: (s) => {
          display(s).peeking = true;
        },
      },
      {
        keys: 'o',
        title: 'Mask filled, or by its outline',
        when: looking,
        run: (s) => {
          display(s).contour = !display(s).contour;
        },
      },
      { keys: '[', title: 'Mask more transparent', when: looking, run: (s) => changeOpacity(s, -0.1) },
      { keys: ']', title: 'Mask more opaque', when: looking, run: (s) => changeOpacity(s, 0.1) },
      {
        keys: 'n',
        title: 'Next lesion',
        when: (s) => looking(s) && !deciding(s) && s.openCase!.mask !== null,
        run: (s) => attempt(s, () => s.openCase!.lesions.next(1)),
      },
      {
        keys: 'p',
        title: 'Previous lesion',
        when: (s) => looking(s) && !deciding(s) && s.openCase!.mask !== null,
        run: (s) => attempt(s, () => s.openCase!.lesions.next(-1)),
      },
      { keys: '+', title: 'Zoom in', when: looking, run: (s) => display(s).zoomBy(1.25) },
      { keys: '-', title: 'Zoom out', when: looking, run: (s) => display(s).zoomBy(1 / 1.25) },
      { keys: '0', title: 'The whole head in the middle', when: looking, run: (s) => display(s).fit() },
      { keys: 'w', title: 'Next preset of brightness and contrast', when: looking, run: nextPreset },
      {
        keys: 'c',
        title: 'Crosshair on or off',
        when: looking,
        run: (s) => {
          display(s).crosshairVisible = !display(s).crosshairVisible;
        },
      },
      {
        keys: 'k',
        title: 'Play or stop the slices',
        when: looking,
        run: (s) => {
          display(s).cine = !display(s).cine;
        },
      },
      { keys: 'd', title: 'Ruler', when: looking, run: (s) => display(s).measuring.take('ruler') },
      { keys: 'a', title: 'Area of interest', when: looking, run: (s) => display(s).measuring.take('area') },
      {
        keys: 'Delete',
        title: 'Remove the last measurement',
        when: (s) => looking(s) && display(s).measuring.marks.length > 0,
        run: (s) => display(s).measuring.removeLast(),
      },
      {
        keys: 'r',
        title: 'R or L on the left',
        when: looking,
        run: (s) => {
          display(s).radiological = !display(s).radiological;
        },
      },
    ],
  },
  {
    title: 'Case',
    shortcuts: [
      ...MODALITIES.map((sequence, index) => ({
        keys: `Alt+Shift+${index + 1}`,
        title: `Switch ${MODALITY_TITLES[sequence]} on or off`,
        when: (s: Session) => inCase(s) && s.openCase!.case.available.includes(sequence),
        run: (s: Session) => s.openCase!.toggle(sequence),
      })),
      {
        keys: 's',
        title: 'Segment',
        when: (s) => inCase(s) && !s.openCase!.segmenting.running && s.openCase!.on.length > 0,
        run: segmentOrAsk,
      },
    ],
  },
  {
    title: 'Correct, and the brain mask',
    shortcuts: [
      { keys: 'l', title: 'Look, do not paint', when: painting, run: (s) => setTool(s, 'look') },
      { keys: 'b', title: 'Brush', when: painting, run: (s) => setTool(s, 'brush') },
      { keys: 'x', title: 'Eraser', when: painting, run: (s) => setTool(s, 'eraser') },
      { keys: 'f', title: 'Fill', when: painting, run: (s) => setTool(s, 'fill') },
      { keys: ',', title: 'Smaller brush', when: painting, run: (s) => changeBrush(s, -1) },
      { keys: '.', title: 'Larger brush', when: painting, run: (s) => changeBrush(s, 1) },
      {
        keys: 'Ctrl+z',
        title: 'Undo',
        when: painting,
        run: (s) => attempt(s, () => paintingOf(s)!.undo()),
      },
      {
        keys: 'Ctrl+Shift+Z',
        title: 'Redo',
        when: painting,
        run: (s) => attempt(s, () => paintingOf(s)!.redo()),
      },
      { keys: 'Space', title: 'On a slice: paint under the crosshair', run: () => {} },
      { keys: 'n', title: 'Next place to decide', when: deciding, run: (s) => s.openCase!.places.next(1) },
      {
        keys: 'p',
        title: 'Previous place to decide',
        when: deciding,
        run: (s) => s.openCase!.places.next(-1),
      },
      ...Array.from({ length: 9 }, (_, index) => ({
        keys: `${index + 1}`,
        title: 'Look at an answer for this place',
        help: index === 0 ? '1 – 9' : '',
        when: (s: Session) => editing(s) && index < (s.openCase!.places.now?.answers.length ?? 0),
        run: (s: Session) => {
          s.openCase!.places.answer = index;
        },
      })),
      {
        keys: 'Enter',
        title: 'Take the shown answer for this place alone',
        when: (s) => editing(s) && s.openCase!.places.answer !== null,
        run: (s) => attempt(s, () => s.openCase!.places.take(s.openCase!.threshold)),
      },
    ],
  },
];

/** Segments; what has to be answered first gets the focus, and is named. */
function segmentOrAsk({ openCase, notices }: Session): void {
  const [open] = openCase!.unanswered;
  if (!open) return void openCase!.segment();
  document.querySelector<HTMLElement>(`[data-question=${open}] input`)?.focus();
  notices.add({ text: `Before Segment: ${QUESTIONS[open]}` });
}

function nextPreset({ openCase }: Session): void {
  openCase!.image.nextWindow?.();
}

function changeOpacity({ openCase }: Session, by: number): void {
  openCase!.display.opacity = Math.min(1, Math.max(0.1, openCase!.display.opacity + by));
}

function changeBrush(session: Session, by: number): void {
  const mask = paintingOf(session)!;
  mask.diameter = Math.min(mask.largest, Math.max(1, mask.diameter + by));
}

function setTool(session: Session, tool: Tool): void {
  paintingOf(session)!.tool = tool;
}

function attempt(session: Session, work: () => Promise<void>): void {
  void session.attempt(work);
}

/** Commands of the desktop app's native menu. */
export function runMenu(session: Session, action: string): void {
  const { openCase } = session;
  const actions: Record<string, () => void> = {
    'open-folder': () => void session.opener.choose(),
    'open-files': () => void session.opener.choose('case-files'),
    'open-sample': () => void session.opener.openSample(),
    'close-case': () => void session.closeCase(false),
    segment: () =>
      openCase && openCase.on.length > 0 && !openCase.segmenting.running && segmentOrAsk(session),
    export: () => {
      if (openCase?.case.result) session.dialog = 'export';
    },
    undo: () => painting(session) && attempt(session, () => paintingOf(session)!.undo()),
    redo: () => painting(session) && attempt(session, () => paintingOf(session)!.redo()),
    shortcuts: () => {
      session.dialog = 'shortcuts';
    },
    about: () => {
      session.dialog = 'shortcuts';
    },
  };
  for (const view of VIEWS) actions[`view-${view}`] = () => hasCaseFor(session, view);
  actions[action]?.();
}

function hasCaseFor(session: Session, view: (typeof VIEWS)[number]): void {
  if (hasCase(session) || !['compare', 'correct'].includes(view)) session.view = view;
}
