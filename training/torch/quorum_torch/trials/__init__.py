"""Small paired trials of single ideas from one trunk: what each arm has that `base` has not. Plan: docs/results/trials-plan.md."""
ARMS = {
    'base': {'title': 'none of them'},
    'distil': {'title': 'self-distillation of single sequences', 'distil': .3},
    'hinge': {'title': 'more-versus-fewer hinge', 'hinge': .3},
    'tissue': {'title': 'GroupNorm’s statistics over tissue', 'tissue': True},
    'mirror': {'title': 'mirror image as a second channel', 'mirror': True},
}
