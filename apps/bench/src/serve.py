"""The Python side of a benchmark: does its work when it is told to, so that it and ours take turns.

One command a line on stdin, one JSON value a line on stdout: `run` does the work once and gives its milliseconds, `check` gives what
the results are compared by, `peak` the most memory in bytes that the process ever had, at first and now.
"""
import json, os, re, sys, time
import numpy as np
import torch

# what libraries print must not mix with the answers
answers = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)


def numbers(count, key):
    """As numbers() of numbers.ts."""
    h = np.arange(count, dtype=np.uint32) + np.uint32((key + 1) * 0x9E3779B9 & 0xFFFFFFFF)
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return (((h ^ (h >> np.uint32(16))) >> np.uint32(8)) / 2**24).astype(np.float32)


def symmetric(count, key, limit):
    return ((2 * numbers(count, key).astype(np.float64) - 1) * limit).astype(np.float32)


def peak():
    with open('/proc/self/status') as status:
        return 1024 * int(re.search(r'VmHWM:\s+(\d+)', status.read())[1])


def serve(run, check):
    def timed():
        started = time.perf_counter()
        run()
        return 1000 * (time.perf_counter() - started)

    commands = {'run': timed, 'check': check, 'peak': peak}

    def answer(value):
        print(json.dumps(value), file=answers, flush=True)

    answer({'python': sys.version.split()[0], 'torch': torch.__version__, 'threads': torch.get_num_threads()})
    for line in sys.stdin:
        answer(commands[line.strip()]())
