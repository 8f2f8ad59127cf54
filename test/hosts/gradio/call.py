"""Calls a demo as its page does, by gradio_client: ``call.py URL`` reads JSON lines of what to do, and answers each by one."""

import json
import sys
import time
from concurrent.futures import Future

from gradio_client import Client

# Each call that is under way takes three threads in the older versions, which have forty of them: of fifteen some would
# never hear how they ended.
client = Client(sys.argv[1], verbose=False, max_workers=100)
jobs = {}


def done(name, timeout=60):
    """What came of it: the value, or the error in its words."""
    try:
        return {"value": jobs[name].result(timeout=timeout)}
    except Exception as error:
        return {"error": str(error)}


def texts(name):
    data = jobs[name].status().progress_data or []
    return [unit.desc for unit in data if unit.desc]


def is_over(job: Future) -> bool:
    return job.done()


print("{}", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    kind, name = asked["do"], asked.get("name", "")
    answer = {}
    if kind == "submit":
        jobs[name] = client.submit(*asked["values"], api_name=asked["api"])
    elif kind == "result":
        answer = done(name)
    elif kind == "texts":
        answer = {"texts": texts(name)}
    elif kind == "cancel":
        answer = {"cancelled": jobs[name].cancel()}
    elif kind == "over":
        answer = {"over": [one for one in asked["names"] if is_over(jobs[one])]}
    elif kind == "predict":
        began = time.monotonic()
        client.predict(*asked["values"], api_name=asked["api"])
        answer = {"seconds": time.monotonic() - began}
    print(json.dumps(answer), flush=True)
