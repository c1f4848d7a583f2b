"""Runs a model in one of the peers and prints how long each run took, as JSON.

    session.py onnxruntime|openvino|opencv MODEL.onnx INPUT.npy THREADS REPEATS [OUTPUT.npy]

With ONNX Runtime the first output can be saved.
"""

import json
import sys
import time

import numpy as np


def onnxruntime(model, tensor, threads):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: tensor})


def openvino(model, tensor, threads):
    import openvino as ov

    core = ov.Core()
    config = {
        "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY"}
    network = core.read_model(model)
    network.reshape(list(tensor.shape))
    request = core.compile_model(network, "CPU", config).create_infer_request()
    return lambda: request.infer([tensor])


def opencv(model, tensor, threads):
    import cv2

    cv2.setNumThreads(threads)
    network = cv2.dnn.readNetFromONNX(model)
    names = network.getUnconnectedOutLayersNames()

    def run():
        network.setInput(tensor)
        network.forward(names)

    return run


def main(runtime, model, tensor_file, threads, repeats, output_file=None):
    run = globals()[runtime](model, np.load(tensor_file), int(threads))
    seconds = []
    for _ in range(int(repeats)):
        start = time.perf_counter()
        outputs = run()
        seconds.append(time.perf_counter() - start)
    if output_file:
        np.save(output_file, outputs[0])
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
