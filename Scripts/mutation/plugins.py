"""What the detection plugins compute, in NumPy, from their published descriptions."""

from __future__ import annotations

from typing import Any

import numpy as np

Attributes = dict[str, Any]


def overlaps(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of one box with many, all x1 y1 x2 y2 in any order of the corners."""
    a, b = np.concatenate([np.minimum(box[:2], box[2:]), np.maximum(box[:2], box[2:])]), others
    low, high = np.minimum(b[:, :2], b[:, 2:]), np.maximum(b[:, :2], b[:, 2:])
    sides = np.clip(np.minimum(a[2:], high) - np.maximum(a[:2], low), 0, None)
    common = sides[:, 0] * sides[:, 1]
    union = (a[2] - a[0]) * (a[3] - a[1]) + (high - low).prod(1) - common
    return np.where(union > 0, common / np.where(union > 0, union, 1), 0)


def suppress(boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray, threshold: float, limit: int,
             agnostic: bool = False, inclusive: bool = False) -> list[int]:
    """Places of the rows kept, best first; `inclusive` drops a box whose overlap equals the threshold."""
    order = np.argsort(-scores.astype(np.float64), kind="stable")
    kept: list[int] = []
    while len(order) and len(kept) < limit:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        overlap = overlaps(boxes[best].astype(np.float64), boxes[rest].astype(np.float64))
        near = overlap >= threshold if inclusive else overlap > threshold
        order = rest[~(near & (agnostic | (labels[rest] == labels[best])))]
    return kept


def table(rows: list[np.ndarray], room: int, empty: float) -> dict[str, np.ndarray]:
    """Rows `[K,6]` of each image in the plugins' four tensors."""
    count = np.array([[len(each)] for each in rows], np.int32)
    boxes = np.zeros((len(rows), room, 4), np.float32)
    scores = np.zeros((len(rows), room), np.float32)
    labels = np.full((len(rows), room), empty, np.float32)
    for image, each in enumerate(rows):
        boxes[image, : len(each)], scores[image, : len(each)], labels[image, : len(each)] = each[:, :4], each[:, 4], each[:, 5]
    return {"count": count, "boxes": boxes, "scores": scores, "labels": labels}


def efficient_nms(inputs: list[np.ndarray], a: Attributes) -> list[np.ndarray]:
    boxes, scores = inputs[0].reshape(len(inputs[0]), -1, 4), inputs[1]
    if a.get("box_coding", 0) == 1:
        half = boxes[..., 2:] / 2
        boxes = np.concatenate([boxes[..., :2] - half, boxes[..., :2] + half], -1)
    if a.get("score_activation", 0):
        scores = 1 / (1 + np.exp(-scores))
    background, room = a.get("background_class", -1), a.get("max_output_boxes", 100)
    background = background[0] if isinstance(background, list) else background
    rows = []
    for box, score in zip(boxes, scores):
        places, labels = np.nonzero(score >= np.float32(a.get("score_threshold", 0.5)))
        known = labels != background
        places, labels = places[known], labels[known]
        values = score[places, labels]
        best = np.argsort(-values.astype(np.float64), kind="stable")[:5000]
        places, labels, values = places[best], labels[best], values[best]
        kept = suppress(box[places], values, labels, a.get("iou_threshold", 0.5), room,
                        bool(a.get("class_agnostic", 0)), inclusive=True)
        rows.append(np.concatenate([box[places], values[:, None], labels[:, None]], 1)[kept])
    t = table(rows, room, 0)
    return [t["count"], t["boxes"], t["scores"], t["labels"].astype(np.int32)]


def batched_nms(inputs: list[np.ndarray], a: Attributes) -> list[np.ndarray]:
    boxes, scores = inputs[0][:, :, 0], inputs[1]
    room = a["keepTopK"]
    rows = []
    for box, score in zip(boxes, scores):
        found = []
        for label in range(score.shape[1]):
            if label == a["backgroundLabelId"]:
                continue
            places = np.nonzero(score[:, label] > np.float32(a["scoreThreshold"]))[0]
            best = places[np.argsort(-score[places, label].astype(np.float64), kind="stable")][: a["topK"]]
            kept = suppress(box[best], score[best, label], np.zeros(len(best)), a["iouThreshold"], len(best))
            found.append(np.concatenate([box[best], score[best, label, None], np.full((len(best), 1), label)], 1)[kept])
        image = np.concatenate(found) if found else np.zeros((0, 6), np.float32)
        image = image[np.argsort(-image[:, 4], kind="stable")][:room]
        if a.get("clipBoxes", 1):
            image[:, :4] = np.clip(image[:, :4], 0, 1)
        rows.append(image)
    t = table(rows, room, -1)
    return [t["count"], t["boxes"], t["scores"], t["labels"]]


def yolo_layer(inputs: list[np.ndarray], a: Attributes) -> list[np.ndarray]:
    classes, anchors = a["num_classes"], np.float32(a["anchors"]).reshape(3, 3, 2)
    last = inputs[-1].shape
    sides = np.float32([last[3] * a["max_stride"], last[2] * a["max_stride"]])
    found: list[list[np.ndarray]] = [[] for _ in inputs[0]]
    room = 0
    for k, source in enumerate(inputs):
        n, _, h, w = source.shape
        room += 3 * h * w
        x = source.reshape(n, 3, 5 + classes, h, w).transpose(0, 1, 3, 4, 2)
        rows, columns = np.mgrid[:h, :w].astype(np.float32)
        centre = (x[..., :2] * 2 - np.float32(0.5) + np.stack([columns, rows], -1)) * sides / np.float32([w, h])
        half = (x[..., 2:4] * 2) ** 2 * anchors[k][:, None, None] / 2
        best = x[..., 5:].max(-1)
        label = np.where(best > 0, x[..., 5:].argmax(-1), -1)
        row = np.concatenate([centre - half, centre + half, (x[..., 4] * np.maximum(best, 0))[..., None], label[..., None]], -1)
        for image in range(n):
            found[image].append(row[image][x[image, ..., 4] >= np.float32(a["prenms_score_threshold"])])
    t = table([np.concatenate(each) for each in found], room, 0)
    return [t["count"], t["boxes"], t["scores"], t["labels"].astype(np.int32)]


PLUGINS = {"EfficientNMS_TRT": efficient_nms, "BatchedNMS_TRT": batched_nms, "BatchedNMSDynamic_TRT": batched_nms,
           "YoloLayer_TRT": yolo_layer}
