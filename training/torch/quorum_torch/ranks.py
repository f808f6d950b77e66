"""The processes that train together, one a GPU, as `torchrun` starts them. One process alone needs none of it."""
import os

import torch
import torch.distributed as dist


def begin():
    """Joins the other processes where torchrun named them; returns this one's device."""
    cuda = torch.cuda.is_available()
    if 'RANK' in os.environ and not dist.is_initialized():
        if cuda:
            torch.cuda.set_device(int(os.environ.get('LOCAL_RANK', 0)))
        dist.init_process_group('nccl' if cuda else 'gloo')
    return torch.device('cuda', torch.cuda.current_device()) if cuda else torch.device('cpu')


def count():
    return dist.get_world_size() if dist.is_initialized() else 1


def rank():
    return dist.get_rank() if dist.is_initialized() else 0


def total(x):
    """The sum of x over the processes, in place."""
    if count() > 1:
        dist.all_reduce(x)
    return x


def shared_sum(x):
    """The sum of x over the processes. Its gradient is that of this process's own share: summed over the processes, the true one."""
    if count() == 1:
        return x
    return x + (total(x.detach().clone()) - x.detach())


def told(value, device):
    """A number as the first process has it."""
    if count() == 1:
        return value
    x = torch.tensor([value], dtype=torch.float64, device=device)
    dist.broadcast(x, 0)
    return float(x)


def sum_gradients(parameters):
    """Adds up the processes' gradients, as one vector."""
    if count() == 1:
        return
    flat = total(torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten() for p in parameters]))
    at = 0
    for p in parameters:
        p.grad = flat[at:at + p.numel()].view_as(p).clone()
        at += p.numel()


def end():
    if dist.is_initialized():
        dist.destroy_process_group()
