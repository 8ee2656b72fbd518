"""Uses of the Python SDK against our server: `python python-uses.py MODULE`, where MODULE is the test program.

Prints a line of JSON for each: {"use": ...} when it passed, {"use": ..., "failure": ...} when not.
"""

import json
import sys
import time

from bacalhau_apiclient.api.ops_api import OpsApi
from bacalhau_apiclient.models.api_put_job_request import ApiPutJobRequest
from bacalhau_apiclient.models.input_source import InputSource
from bacalhau_apiclient.models.job import Job
from bacalhau_apiclient.models.spec_config import SpecConfig
from bacalhau_apiclient.models.task import Task
from bacalhau_sdk.jobs import Jobs

MODULE = sys.argv[1]
PATIENCE_SECONDS = 60
jobs = Jobs()
client = jobs.orchestrator_service.api_client
orchestrator = jobs.orchestrator_service.endpoint


def tool_job(*words, publisher=None, labels=None):
    source = InputSource(source=SpecConfig(type="localDirectory", params={"SourcePath": MODULE}), target="/tool.wasm")
    params = {
        "EntryModule": client.sanitize_for_serialization(source),
        "Entrypoint": "_start",
        "Parameters": list(words),
    }
    task = Task(name="main", engine=SpecConfig(type="wasm", params=params), publisher=publisher or SpecConfig(type=""))
    return Job(name="from-python", type="batch", count=1, labels=labels or {}, tasks=[task])


def submitted(*words, **more):
    answer = jobs.put(ApiPutJobRequest(job=tool_job(*words, **more)))
    expect(answer is not None, "the server refused the job")
    expect(answer.job_id.startswith("j-"), f"job id {answer.job_id}")
    return answer.job_id


def waited(job_id, among=("Completed", "Failed", "Stopped")):
    """Looks until the job is in one of these states; returns it."""
    for _ in range(PATIENCE_SECONDS * 10):
        state = seen_state(job_id)
        if state in among:
            return state
        time.sleep(0.1)
    raise AssertionError(f"{job_id} is still {state}")


def seen_state(job_id):
    expect(jobs.get(job_id).job.id == job_id, "another job")
    return answered()["Job"]["State"]["StateType"]


def answered():
    """The answer as it came: the SDK's models of states, outputs and nodes are empty, whatever the server says."""
    return json.loads(client.last_response.data)


def expect(condition, otherwise):
    if not condition:
        raise AssertionError(otherwise)


def equal(seen, wanted):
    expect(seen == wanted, f"{seen!r} instead of {wanted!r}")


def submits_and_waits():
    """`put`, then `get` until the job is Completed"""
    equal(waited(submitted("print", "hello\n", "", "0")), "Completed")


def gets_with_executions():
    """`get` with its executions"""
    job_id = submitted("print", "nonce-python\n", "", "0")
    equal(waited(job_id), "Completed")
    shown = jobs.get(job_id, include="executions")
    equal([each.job_id for each in shown.executions.items], [job_id])
    equal(answered()["Executions"]["Items"][0]["RunOutput"]["Stdout"], "nonce-python\n")


def lists():
    """`list` newest first, page by page"""
    made = [submitted("print", "", "", "0") for _ in range(3)]
    first = jobs.list(limit=2, order_by="created_at", reverse=True)
    equal([job.id for job in first.items], [made[2], made[1]])
    second = jobs.list(limit=2, order_by="created_at", reverse=True, next_token=first.next_token)
    equal(second.items[0].id, made[0])


def lists_executions():
    """`executions` shows the output of the program"""
    job_id = submitted("print", "seen by python\n", "", "0")
    equal(waited(job_id), "Completed")
    equal([each.job_id for each in jobs.executions(job_id, order_by="modify_time").items], [job_id])
    equal([each["RunOutput"]["Stdout"] for each in answered()["Items"]], ["seen by python\n"])


def tells_history():
    """`history` of the executions and of the job"""
    job_id = submitted("print", "", "", "0")
    equal(waited(job_id), "Completed")
    expect(len(jobs.history(job_id).items) > 0, "no history of executions")
    expect(len(jobs.history(job_id, event_type="job").items) > 0, "no history of the job")


def stops():
    """`stop` of a running job"""
    job_id = submitted("sleep", "60000")
    waited(job_id, among=("Running",))
    expect(jobs.stop(job_id, reason="enough").evaluation_id, "no evaluation id")
    equal(waited(job_id), "Stopped")


def gets_results():
    """`results` of a job that publishes"""
    job_id = submitted("print", "", "", "0", publisher=SpecConfig(type="local"))
    equal(waited(job_id), "Completed")
    equal(jobs.results(job_id).items[0].type, "urlDownload")


def lists_nodes():
    """nodes and agent of the API client below"""
    orchestrator.orchestratorlist_nodes()
    equal(sorted(node["Info"]["NodeID"] for node in answered()["Nodes"]), ["both", "edge"])
    orchestrator.orchestratorget_node("edge")
    equal(answered()["Node"]["Info"]["Labels"]["zone"], "b")
    OpsApi(client).agentalive()
    equal(answered(), {"Status": "OK"})


for use in [
    submits_and_waits,
    gets_with_executions,
    lists,
    lists_executions,
    tells_history,
    stops,
    gets_results,
    lists_nodes,
]:
    verdict = {"use": use.__doc__}
    try:
        use()
    except Exception as error:
        verdict["failure"] = f"{type(error).__name__}: {error}"
    print(json.dumps(verdict))
