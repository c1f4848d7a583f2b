"""The main job as one writes it by hand: both graphs in ONNX Runtime, decoded and compared in NumPy.

Takes an original that ends in [1, A, 5 + classes] and a patched graph that ends in sigmoid maps
(ONNX Runtime cannot run the plugin), and a photograph.
"""

import sys

import cv2
import numpy as np
import onnxruntime as ort

STRIDES = (8, 16, 32)
ANCHORS = np.array(
    [10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326], np.float32
).reshape(3, 3, 2)


def letterbox(image, size):
    height, width = image.shape[:2]
    ratio = min(size / height, size / width)
    new_width, new_height = round(width * ratio), round(height * ratio)
    resized = cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_LINEAR)
    left, top = (size - new_width) / 2, (size - new_height) / 2
    return cv2.copyMakeBorder(
        resized, round(top - 0.1), round(top + 0.1), round(left - 0.1), round(left + 0.1),
        cv2.BORDER_CONSTANT, value=(114, 114, 114))


def decode(maps):
    rows = []
    for level, (stride, anchors) in enumerate(zip(STRIDES, ANCHORS)):
        batch, channels, height, width = maps[level].shape
        y = maps[level].reshape(3, channels // 3, height, width).transpose(0, 2, 3, 1)
        gy, gx = np.mgrid[:height, :width].astype(np.float32)
        xy = (y[..., :2] * 2 - 0.5 + np.stack([gx, gy], -1)) * stride
        wh = (y[..., 2:4] * 2) ** 2 * anchors[:, None, None]
        rows.append(np.concatenate([xy, wh, y[..., 4:]], -1).reshape(-1, channels // 3))
    return np.concatenate(rows)


def detect(rows, confidence=0.25, iou=0.45):
    rows = rows[rows[:, 4] > confidence]
    scores = rows[:, 5:] * rows[:, 4:5]
    classes, best = scores.argmax(1), scores.max(1)
    boxes = np.concatenate(
        [rows[:, :2] - rows[:, 2:4] / 2, rows[:, 2:4]], 1)
    keep = cv2.dnn.NMSBoxesBatched(
        boxes.tolist(), best.tolist(), classes.tolist(), confidence, iou)
    return boxes[keep], best[keep], classes[keep]


def main(original_path, patched_path, image_path):
    original, patched = ort.InferenceSession(original_path), ort.InferenceSession(patched_path)
    image = letterbox(cv2.imread(image_path), 640)
    tensor = np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1)[None], np.float32) / 255
    rows = original.run(None, {original.get_inputs()[0].name: tensor})[0][0]
    other = decode(patched.run(None, {patched.get_inputs()[0].name: tensor}))
    found, expected = detect(other), detect(rows)
    error = np.abs(rows[:, :4] - other[:, :4]).max()
    same = len(found[0]) == len(expected[0]) and error < 0.01
    print("equivalent" if same else "different", len(expected[0]), "detections, error", error)


if __name__ == "__main__":
    main(*sys.argv[1:4])
