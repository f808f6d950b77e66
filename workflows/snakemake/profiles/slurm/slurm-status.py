#!/usr/bin/env python3
"""How a job of Slurm stands, for Snakemake: running, success or failed. Asks the controller, so no accounting is needed."""
import re
import subprocess
import sys

RUNNING = {"PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "REQUEUED", "RESIZING"}

answer = subprocess.run(["scontrol", "show", "job", sys.argv[1]], capture_output=True, text=True)
state = re.search(r"JobState=(\w+)", answer.stdout)
if state is None:
    # The controller forgets a job some minutes after its end.
    print("failed")
elif state[1] in RUNNING:
    print("running")
else:
    print("success" if state[1] == "COMPLETED" else "failed")
