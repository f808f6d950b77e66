"""The paper's second experiment: sentiment of spoken utterances from audio, text and video, whichever are there."""
import itertools

MODALITIES = ('audio', 'text', 'video')
# The 7 combinations: all three, the pairs, the singles, each in lexicographic order.
COMBINATIONS = [s for n in (3, 2, 1) for s in itertools.combinations(range(3), n)]


def name_of(combination):
    return '+'.join(MODALITIES[m] for m in combination)
