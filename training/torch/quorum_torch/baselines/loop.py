"""The training that all methods share: AdamW, a rate that rises and falls, a log; after a kill it goes on to the same numbers."""
import json
import math
import os
import random
import time

import torch

from ..log import Log, digits

SAVE_SECONDS = 60


def optimiser_of(parameters, rate, decay=1e-2):
    groups = [{'params': [p for p in parameters if p.dim() > 1], 'weight_decay': decay}, {'params': [p for p in parameters if p.dim() <= 1], 'weight_decay': 0.}]
    return torch.optim.AdamW(groups, lr=rate, betas=(.9, .99))


def train(method, batches, folder, seed, steps, rate=5e-3, warm_up=20, log_every=20, stop_after=None):
    """Trains a method for `steps` steps a network; returns {steps, seconds} with the CPU's seconds of this and of earlier processes.

    folder: for log.jsonl and state.pt. stop_after: end after so many steps of this process (tests; as a kill would).
    """
    log, state = Log(f'{folder}/log.jsonl'), f'{folder}/state.pt'
    phases = method.phases(steps)
    kept = torch.load(state) if os.path.exists(state) else {'phase': 0, 'step': 0, 'total': 0, 'seconds': 0.}
    if 'method' in kept:
        method.load_state_dict(kept['method'])
    if os.path.exists(log.path):
        log.trim(kept['total'])
    begun, saved, total = time.process_time(), time.time(), kept['total']
    spent = lambda: kept['seconds'] + time.process_time() - begun
    for number, phase in enumerate(phases):
        if number < kept['phase']:
            continue
        chosen = {id(p) for p in phase.parameters}
        for p in method.parameters():
            p.requires_grad_(id(p) in chosen)
        optimiser = optimiser_of(phase.parameters, rate)
        first = kept['step'] if number == kept['phase'] else 0
        if first and 'optimiser' in kept:
            optimiser.load_state_dict(kept['optimiser'])
        for step in range(first, phase.steps):
            told = one_step(method, phase, optimiser, batches, seed, step, rate, warm_up, number)
            total += 1
            if step % log_every == 0 or step + 1 == phase.steps:
                log.write('step', step=total, phase=phase.name, learningRate=digits(optimiser.param_groups[0]['lr']), losses={k: digits(v) for k, v in told.items() if k != 'conflicts'},
                          **({'conflicts': digits(told['conflicts'])} if 'conflicts' in told else {}))
            if time.time() - saved > SAVE_SECONDS or total == stop_after:
                saved = time.time()
                write_state(state, {'method': method.state_dict(), 'optimiser': optimiser.state_dict(), 'phase': number, 'step': step + 1, 'total': total, 'seconds': spent()})
            if total == stop_after:
                return None
    write_state(state, {'method': method.state_dict(), 'phase': len(phases), 'step': 0, 'total': total, 'seconds': spent()})
    return {'steps': total, 'seconds': spent()}


def one_step(method, phase, optimiser, batches, seed, step, rate, warm_up, number):
    done = step / phase.steps
    for group in optimiser.param_groups:
        group['lr'] = rate * min(1, (step + 1) / warm_up) * (1 + math.cos(math.pi * done)) / 2
    optimiser.zero_grad(set_to_none=True)
    batch = batches.at(seed, step)
    torch.manual_seed(seed * 1_000_003 + number * 10_007 + step)
    loss, told = phase.losses(batch, random.Random(f'{seed}/{number}/{step}'), done)
    if loss is not None:
        loss.backward()
    torch.nn.utils.clip_grad_norm_(phase.parameters, 1.)
    optimiser.step()
    phase.after()
    return told


def write_state(path, state):
    torch.save(state, f'{path}.part')
    os.replace(f'{path}.part', path)


def write_json(path, value):
    with open(f'{path}.part', 'w') as f:
        json.dump(value, f, indent=1)
    os.replace(f'{path}.part', path)
