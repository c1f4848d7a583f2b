"""Runs a command and prints, as JSON, its status, output, time from start to exit and peak memory.

A process of its own, with no module loaded that is not needed: a process is charged with the memory
of the one it was forked from.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
    start = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=output, stderr=errors)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    output.seek(0)
    errors.seek(0)
    print(json.dumps({
        "status": process.returncode, "output": output.read(), "errors": errors.read(),
        "seconds": seconds, "peakBytes": usage.ru_maxrss * 1024}))
