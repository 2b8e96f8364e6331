"""Asks a service for explanations as users of KServe and of Triton do, with their own clients.

    speak.py URL MODEL IMAGE FOLDER

Writes every certificate to FOLDER and prints what was asked, one line each; an answer that is wrong is an error.
"""

import asyncio
import base64
import json
import sys
from pathlib import Path

import numpy
from kserve import InferenceRESTClient
from kserve.inference_client import RESTConfig
from tritonclient import http as triton

url, model, image, folder = sys.argv[1:]
picture = Path(image).read_bytes()
label = Path(image).stem


def keep(name, certificate):
    (Path(folder) / f"{name}.json").write_text(json.dumps(certificate))
    print(f"{name}: {label}, {certificate['size']} cells, {certificate['status']}")


async def kserve():
    client = InferenceRESTClient(config=RESTConfig(protocol="v1"))
    assert await client.is_server_live(url)
    assert await client.is_model_ready(url, model)
    body = {"instances": [{"b64": base64.b64encode(picture).decode()}], "parameters": {"gamma": 0.5}}
    answer = await client.explain(url, model_name=model, data=body)
    assert answer["predictions"][0]["label"] == label, answer["predictions"]
    keep("kserve", answer["explanations"][0]["proof"])
    predicted = await client.infer(url, model_name=model, data={"instances": body["instances"]})
    assert predicted["predictions"][0][0]["label"] == label, predicted


def tritonclient():
    client = triton.InferenceServerClient(url.removeprefix("http://"))
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(model)
    assert client.get_model_metadata(model)["outputs"][0]["name"] == "explanation"
    for name, element, binary in (
        ("triton-binary", picture, True),
        ("triton-binary-base64", base64.b64encode(picture), True),
        ("triton-json", base64.b64encode(picture), False),
    ):
        given = triton.InferInput("image", [1], "BYTES")
        given.set_data_from_numpy(numpy.array([element], dtype=object), binary_data=binary)
        answer = client.infer(model, [given], parameters={"explain_parameters": {"gamma": 0.5}})
        explained = json.loads(answer.as_numpy("explanation").item())["data"]
        assert explained["target"]["label"] == label, explained["target"]
        keep(name, explained["certificateDocument"])


asyncio.run(kserve())
tritonclient()
