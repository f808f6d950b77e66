/** Opens and segments a study, edits it stroke by stroke and says after each answer how many there were, until it is killed. */
import { openCase, runsBody, segment, startServices } from './harness.js';

const [profile, study] = process.argv.slice(2);
const { services } = await startServices(profile);
const { id } = await segment(services, (await openCase(services, study)).id);
await services.call('edits.start', { case: id, from: { kind: 'combination', combination: 'flair' } });
for (let strokes = 1; ; strokes++) {
  const at = (strokes - 1) * 50;
  await services.call('edits.stroke', { case: id, tool: 'brush' }, runsBody([at, 2, 4]));
  process.send?.({ strokes });
}
