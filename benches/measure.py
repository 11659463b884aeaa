"""Runs one command and writes what the whole of it cost to RESULT, as JSON: seconds until it ended, seconds of CPU, and peak
memory in bytes, all of them with those of every process that it started, also of those that outlived it.

usage: measure.py RESULT COMMAND [ARGUMENT…]
"""

import ctypes
import json
import os
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
ORPHANS_LIMIT_SECONDS = 60


def main():
    result, command = sys.argv[1], sys.argv[2:]
    # Whoever loses its parent becomes our child, so that nothing goes uncounted.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    begin = time.monotonic()
    main_process = os.posix_spawnp(command[0], command, os.environ)
    seconds, code, cpu, peak = None, None, 0.0, 0
    while True:
        try:
            process, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu += usage.ru_utime + usage.ru_stime
        # The peaks of processes that ran side by side are added up.
        peak += usage.ru_maxrss * 1024
        if process == main_process:
            seconds, code = time.monotonic() - begin, os.waitstatus_to_exitcode(status)
            signal.alarm(ORPHANS_LIMIT_SECONDS)
    with open(result, "w", encoding="utf-8") as file:
        json.dump({"seconds": seconds, "cpu": cpu, "peak": peak}, file)
    sys.exit(code if code >= 0 else 128 - code)


main()
