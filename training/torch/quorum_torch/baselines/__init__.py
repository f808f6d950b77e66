"""Baselines of the literature beside Dynamic Sharing: small, on the same data, steps and evaluation (docs/results/baselines.md)."""
from .adapters import Adapters
from .dynamic_sharing import Decoupled, Mean
from .early_fusion import EarlyFusion
from .gated_experts import GatedExperts
from .mean_teacher import MeanTeacher
from .per_combination import PerCombination
from .synthesis import Synthesis
from .variational_fusion import VariationalFusion

METHODS = {m.NAME: m for m in (Mean, Decoupled, EarlyFusion, VariationalFusion, GatedExperts, Synthesis, Adapters, MeanTeacher, PerCombination)}
