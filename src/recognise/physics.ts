import type { AboutSeries } from './about.js';
import { PROTON_DENSITY, SHORT_TI } from './asideWords.js';
import type { Weighting } from './weighting.js';

/** What the times and the kind of acquisition tell, whatever words say. */
export interface PhysicsSaid {
  readonly weighting: Weighting | null;
  /** Why such an acquisition is none of the four sequences; null when it may be one. */
  readonly aside: string | null;
  /** A gradient echo without a spin echo. */
  readonly isGradient: boolean;
  /** `TE 96 ms, TR 4800 ms`; empty where the header is silent. */
  readonly times: string;
}

/**
 * Weighting by echo, repetition and inversion time and flip angle, at 1.5–3 T, as in radiology's textbooks. Spin echo: T1 TE ≤ 30 ms with
 * TR ≤ 1400 ms, or an inversion at 300–1300 ms; T2 TE ≥ 60 ms, TR ≥ 1500 ms; FLAIR the same with an inversion at 1300–3500 ms; short TI
 * 80–300 ms; proton density TE ≤ 45 ms, TR ≥ 1800 ms. Gradient echo: T1 TE ≤ 12 ms with an inversion at 250–1400 ms, or short TR and flip
 * angle, or a large flip angle at TR 50–1200 ms; T2* TE ≥ 12 ms; steady state TR < 12 ms and flip angle ≥ 35°.
 */
export function physicsSaid(about: AboutSeries): PhysicsSaid {
  const { scanning = [] } = about;
  const isGradient = scanning.includes('GR') && !scanning.includes('SE');
  const times = timesText(about);
  const said = (weighting: Weighting | null, aside: string | null = null): PhysicsSaid => ({
    weighting,
    aside: aside && (times ? `${aside}: ${times}` : aside),
    isGradient,
    times,
  });
  if ((about.bValue ?? 0) > 0) return said(null, `diffusion (b ${Math.round(about.bValue!)})`);
  if (scanning.includes('EP')) return said(null, 'echo-planar imaging (scanning sequence EP)');
  return isGradient ? byGradientEcho(about, said) : bySpinEcho(about, said);
}

type Said = (weighting: Weighting | null, aside?: string | null) => PhysicsSaid;

function bySpinEcho(
  { echoTime: te, repetitionTime: tr, inversionTime: ti }: AboutSeries,
  said: Said,
): PhysicsSaid {
  if (ti && ti >= 80 && ti <= 300 && (te ?? 30) >= 8) return said(null, SHORT_TI);
  if (!te || !tr) return said(null);
  if (ti) {
    if (ti >= 1300 && ti <= 3500 && te >= 60) return said('flair');
    return said(ti > 300 && ti <= 1400 && te <= 45 ? 't1' : null);
  }
  if (te >= 60 && tr >= 1500) return said('t2');
  if (te <= 45 && tr >= 1800) return said(null, PROTON_DENSITY);
  return said(te <= 30 && tr <= 1400 ? 't1' : null);
}

function byGradientEcho(about: AboutSeries, said: Said): PhysicsSaid {
  const { echoTime: te, repetitionTime: tr, inversionTime: ti, flipAngle: flip } = about;
  if (!te) return said(null);
  if (te >= 12) return said(null, 'gradient echo with a long echo time (T2*, susceptibility)');
  if (ti && ti >= 250 && ti <= 1400) return said('t1');
  if (!tr) return said(null);
  if (tr < 12 && flip !== undefined && flip >= 35)
    return said(null, 'steady-state gradient echo (CISS, FIESTA)');
  if (tr <= 15 && te <= 8 && (flip === undefined || flip <= 30)) return said('t1');
  return said(tr >= 50 && tr <= 1200 && te <= 10 && (flip ?? 0) >= 50 ? 't1' : null);
}

function timesText({ echoTime, repetitionTime, inversionTime, scanning }: AboutSeries): string {
  const parts = [
    ['TE', echoTime],
    ['TR', repetitionTime],
    ['TI', inversionTime],
  ].flatMap(([name, value]) => (value ? [`${name} ${Math.round(value as number)} ms`] : []));
  if (parts.length > 0 && scanning?.includes('GR') && !scanning.includes('SE')) parts.push('gradient echo');
  return parts.join(', ');
}
