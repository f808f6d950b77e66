"""page.py LOG PAGE: the page of a log that run.py collected (trials.json): differences to `base` by seed, and the plan's words for them."""
import json
import sys

from .. import REGIONS
from ..baselines.page import rows
from . import ARMS

# endpoint -> (title, margin, the direction that is good)
ENDPOINTS = {
    **{f'mean15 {r}': (f'{r}, mean of 15', .01, 1) for r in REGIONS},
    'singles': ('four singles, mean of WT, TC, ET', .01, 1),
    'T2 WT': ('WT of T2 alone', .02, 1),
    'falls': ('share that falls', .02, -1),
    'spread': ('spread of volumes', .05, -1),
}
OWN = {'distil': ('singles',), 'hinge': ('falls',), 'tissue': ('T2 WT', 'spread'), 'mirror': ('T2 WT', 'spread')}


def word(differences, margin, good):
    """differences: one a seed, None where a run is missing."""
    if None in differences:
        return 'undecided'
    gains = [good * d for d in differences]
    if all(g > margin for g in gains):
        return 'better'
    if all(g < -margin for g in gains):
        return 'worse'
    return 'no difference seen' if all(abs(g) <= margin for g in gains) else 'undecided'


def differences(log, arm, endpoint):
    """The arm's paired difference to `base` under each seed of the log; None where one of the two is missing."""
    found = {(r['arm'], r['seed']): r['summary'][endpoint] for r in log['runs']}
    value = lambda seed: None if (arm, seed) not in found or ('base', seed) not in found else round(found[arm, seed] - found['base', seed], 4)
    return [value(seed) for seed in log['seeds']]


def verdict(log, arm):
    """{endpoint: word} and whether the arm wins: better at an own endpoint, worse at none, worse in no region's mean of 15."""
    words = {e: word(differences(log, arm, e), margin, good) for e, (_, margin, good) in ENDPOINTS.items()}
    held = [*OWN[arm], *(f'mean15 {r}' for r in REGIONS)]
    return words, any(words[e] == 'better' for e in OWN[arm]) and not any(words[e] == 'worse' for e in held)


def sentence(log, arm):
    missing = differences(log, arm, OWN[arm][0]).count(None)
    if missing:
        return f'- `{arm}` ({ARMS[arm]["title"]}): **undecided**, as {missing} of {len(log["seeds"])} pairs with `base` were not run.'
    words, wins = verdict(log, arm)
    own = '; '.join(f'{ENDPOINTS[e][0]}: **{words[e]}**' for e in OWN[arm])
    others = '; '.join(f'{r}: {words[f"mean15 {r}"]}' for r in REGIONS)
    return f'- `{arm}` ({ARMS[arm]["title"]}) **{"wins" if wins else "does not win"}**. What it is for: {own}. Mean of 15: {others}.'


def scores(log):
    lines = [['arm, seed', 'steps', *(title for title, _, _ in ENDPOINTS.values()), 'CPU s']]
    for r in sorted(log['runs'], key=lambda r: (list(ARMS).index(r['arm']), r['seed'] or 0)):
        name = f'{r["arm"]}, {r["seed"]}' if r['seed'] else f'{r["arm"]}, trunk'
        lines.append([name, r['steps'], *(f'{r["summary"][e]:.3f}' for e in ENDPOINTS), f'{r["trainingSeconds"]:.0f}'])
    return rows(lines)


def against_base(log):
    lines = [['arm', *(title for title, _, _ in ENDPOINTS.values())]]
    for arm in OWN:
        words = verdict(log, arm)[0]
        cell = lambda e: ' / '.join('–' if d is None else f'{d:+.3f}' for d in differences(log, arm, e))
        lines.append([f'`{arm}`', *(f'{cell(e)}<br>{"**" if e in OWN[arm] else ""}{words[e]}{"**" if e in OWN[arm] else ""}' for e in ENDPOINTS)])
    base = {r['seed']: r['summary'] for r in log['runs'] if r['arm'] == 'base' and r['seed'] in log['seeds']}
    if len(base) == 2:
        first, second = base.values()
        lines.append(['*how far the `base` runs lie apart*', *(f'{abs(first[e] - second[e]):.3f}' for e in ENDPOINTS)])
    return rows(lines)


def noted(log):
    other = log.get('compared')
    spread = f'Spread of {other["name"]}, with the same paddings of the same brains (not in the plan; looked at afterwards): {other["spread"]:.3f}.' if other else None
    return [text for text in (log.get('note'), spread) if text]


def page(log):
    wanted = [(arm, seed) for seed in log['seeds'] for arm in ARMS]
    made = {(r['arm'], r['seed']) for r in log['runs']}
    missing = [f'{arm} {seed}' for arm, seed in wanted if (arm, seed) not in made]
    return '\n\n'.join([
        '# Four small trials',
        'Made by `python3 -m quorum_torch.trials.page` from [its log](logs/trials/trials.json). Do not edit.',
        f'[The plan](trials-plan.md) was committed before the first run; its words are used as it defines them. {len(wanted) - len(missing)} of {len(wanted)} runs were made'
        + (f'; missing: {", ".join(missing)}.' if missing else '.')
        + f' {log["steps"]} steps of one crop of {log["side"]}³ from Quorum 1, PyTorch {log["torch"]}, one thread.'
        + ' **Two seeds and so few steps give a direction at best**: what they can and cannot say is in the plan.',
        '\n'.join(sentence(log, arm) for arm in OWN),
        *noted(log),
        '## Differences to `base`',
        'By seed. Dice on the 8 whole brains of the validation side, patients alike. In bold what the arm is meant for.',
        against_base(log),
        '## Every run',
        'The trunk’s own scores are those before the first step: `tissue` there is Quorum 1 with its norms switched over.',
        scores(log),
    ]) + '\n'


def main():
    source, target = sys.argv[1:]
    with open(source) as f:
        text = page(json.load(f))
    with open(target, 'w') as f:
        f.write(text)


if __name__ == '__main__':
    main()
