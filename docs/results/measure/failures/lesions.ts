/** What the model was not trained on: brains without a tumour, and with others than untreated gliomas. Truth is what a glioma model may call tumour. */
import { LABELS } from '../../../../src/masks/labels.js';
import { quantile } from '../../../../src/statistics.js';
import { MODALITIES, type Modality } from '../../../../src/terms.js';
import type { Random } from '../../../../src/training/random.js';
import { brainDeviation, healthyHalves, type Subject } from '../changes.js';
import { extentOf, type Failure, placesOf } from './failure.js';

/** Tissue by the quantiles of a brain's values that it is painted with. */
type Look = Readonly<Record<Modality, number>>;
const FLUID: Look = { t1: 0.02, t1ce: 0.02, t2: 0.99, flair: 0.05 };
const SWOLLEN: Look = { t1: 0.25, t1ce: 0.25, t2: 0.95, flair: 0.98 };
const BRIGHT: Look = { t1: 0.4, t1ce: 0.999, t2: 0.8, flair: 0.85 };
const DEAD: Look = { t1: 0.1, t1ce: 0.15, t2: 0.97, flair: 0.7 };

interface Paint {
  readonly look: Look;
  /** Label of the truth there. */
  readonly label: number;
}

type Point = readonly [number, number, number];

/** Paints tissue into every image where `at` (RAS mm from the brain's middle) says so; air stays air. */
function painted(subject: Subject, random: Random, paintAt: (at: Point) => Paint | null): Subject {
  const places = placesOf(subject);
  const [first] = Object.values(subject.images);
  const paints: (Paint | null)[] = Array.from(first, (value, v) => (value === 0 ? null : paintAt(places(v))));
  const images = MODALITIES.flatMap((m) => {
    const data = subject.images[m];
    if (!data) return [];
    const brain = data.filter((value) => value !== 0).sort();
    const spread = 0.15 * brainDeviation(data);
    const values = new Map<Look, number>();
    const toneOf = (look: Look) => {
      const known = values.get(look) ?? quantile(brain, look[m]);
      values.set(look, known);
      return known;
    };
    return [
      [
        m,
        data.map((value, v) => {
          const paint = paints[v];
          return value === 0 || !paint ? value : toneOf(paint.look) + spread * random.normal();
        }),
      ],
    ];
  });
  const truth = subject.truth.map((label, v) => paints[v]?.label ?? label);
  return { grid: subject.grid, images: Object.fromEntries(images), truth };
}

const away = ([x, y, z]: Point, [a, b, c]: Point) => Math.hypot(x - a, y - b, z - c);

/** The tumour's half replaced by the mirrored other half. */
export const healthy: Failure = {
  kind: 'no tumour',
  strength: 1,
  what: 'the half with the tumour replaced by the other, mirrored',
  make: healthyHalves,
};

/** A resection cavity: fluid with a thin bright rim at the tumour's core, the rest of the tumour as it was. */
export const cavity = (strength: number, mm: number): Failure => ({
  kind: 'resection cavity',
  strength,
  what: `fluid of ${mm} mm radius with a bright rim of 2 mm in the tumour`,
  make: (subject, random) => {
    const middle = middleOf(subject);
    return (
      middle &&
      painted(subject, random, (at) => {
        const from = away(at, middle);
        if (from < mm) return { look: FLUID, label: 0 };
        return from < mm + 2 ? { look: BRIGHT, label: 0 } : null;
      })
    );
  },
});

/** RAS mm of the tumour's middle from the brain's; null without one. */
function middleOf(subject: Subject): Point | null {
  const places = placesOf(subject);
  const sum = [0, 0, 0];
  let count = 0;
  subject.truth.forEach((label, v) => {
    if (label === 0) return;
    places(v).forEach((mm, axis) => {
      sum[axis] += mm;
    });
    count += 1;
  });
  return count === 0 ? null : [sum[0] / count, sum[1] / count, sum[2] / count];
}

/** Small ring-enhancing lesions, each with oedema, in a brain without another tumour. */
export const metastases = (strength: number, count: number): Failure => ({
  kind: 'metastases',
  strength,
  what: `${count} rings of 10 mm with oedema of 24 mm`,
  make: (subject, random) => {
    const clean = healthyHalves(subject);
    if (!clean) return null;
    const { up, front, side } = extentOf(clean);
    const centres = Array.from({ length: count }, (): Point => {
      const [x, y, z] = [random.uniform(0.2, 0.6), random.uniform(-0.6, 0.6), random.uniform(-0.1, 0.5)];
      return [(random.chance(0.5) ? -1 : 1) * x * side, y * front, z * up];
    });
    return painted(clean, random, (at) => {
      const from = Math.min(...centres.map((centre) => away(at, centre)));
      if (from < 2.5) return { look: DEAD, label: LABELS.core };
      if (from < 5) return { look: BRIGHT, label: LABELS.enhancing };
      return from < 12 ? { look: SWOLLEN, label: LABELS.oedema } : null;
    });
  },
});

/** A bright mass at the brain's surface, as a meningioma is, in a brain without another tumour. */
export const dural = (strength: number, mm: number): Failure => ({
  kind: 'dural mass',
  strength,
  what: `a bright half ball of ${mm} mm at the right surface`,
  make: (subject, random) => {
    const clean = healthyHalves(subject);
    if (!clean) return null;
    const centre: Point = [0.95 * extentOf(clean).side, 0, 10];
    return painted(clean, random, (at) => (away(at, centre) < mm ? { look: BRIGHT, label: 0 } : null));
  },
});

/** A wedge of swollen cortex and white matter, as a stroke leaves it, in a brain without a tumour. */
export const stroke = (strength: number, degrees: number): Failure => ({
  kind: 'stroke',
  strength,
  what: `a wedge of ${2 * degrees}° at the right`,
  make: (subject, random) => {
    const clean = healthyHalves(subject);
    if (!clean) return null;
    const axis: Point = [0.95, -0.1, 0.3];
    const cosine = Math.cos((degrees * Math.PI) / 180);
    return painted(clean, random, ([x, y, z]) => {
      const far = Math.hypot(x, y, z);
      const along = (x * axis[0] + y * axis[1] + z * axis[2]) / Math.hypot(...axis);
      return far > 30 && along > cosine * far ? { look: SWOLLEN, label: 0 } : null;
    });
  },
});

/** A ball of water with four bright balls in it. */
export const phantom: Failure = {
  kind: 'phantom',
  strength: 1,
  what: 'a ball of 80 mm of one value with four brighter balls',
  make: (subject, random) => {
    const places = placesOf(subject);
    const [first] = Object.values(subject.images);
    const balls: Point[] = [
      [40, 0, 0],
      [-40, 0, 0],
      [0, 40, 0],
      [0, -40, 20],
    ];
    const made = MODALITIES.filter((m) => subject.images[m]).map((m) => {
      const data = Float32Array.from(first, (_, v) => {
        const at = places(v);
        if (Math.hypot(...at) > 80) return 0;
        const bright = balls.some((ball) => away(at, ball) < 12) ? 2 : 1;
        return bright * 500 + 15 * random.normal();
      });
      return [m, data];
    });
    return {
      grid: subject.grid,
      images: Object.fromEntries(made),
      truth: new Uint8Array(subject.truth.length),
    };
  },
};
