"""Training of Quorum's Dynamic Sharing network in PyTorch, for machines with a GPU."""

MODALITIES = ('t1', 't1ce', 't2', 'flair')
REGIONS = ('WT', 'TC', 'ET')
