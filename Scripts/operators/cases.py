"""Seeded random nodes: operator, opset, types, attributes, shapes of rank 0 to 6, sizes of zero,
broadcasting. Each case is (domain, type, opset, attributes, inputs, number of outputs)."""

import numpy as np

MICROSOFT = "com.microsoft"
FLOATS = [np.float32, np.float32, np.float64, np.float16]
INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]


def shape(r, low=0, high=6, largest=4, zeros=True):
    rank = r.integers(low, high + 1)
    sizes = [int(r.integers(1, largest + 1)) for _ in range(rank)]
    if zeros and sizes and r.random() < 0.08:
        sizes[r.integers(len(sizes))] = 0
    return sizes


def array(r, sizes, kind=np.float32, low=-3, high=3):
    kind = np.dtype(kind)
    if kind == bool:
        return r.random(sizes) < 0.5
    if kind.kind == "u":
        return r.integers(0, max(high, 5) + 1, sizes).astype(kind)
    if kind.kind == "i":
        return r.integers(low, high + 1, sizes).astype(kind)
    # Multiples of 1/64: exact in every type and in decimal.
    return (r.integers(low * 64, high * 64 + 1, sizes) / 64).astype(kind)


def pick(r, values):
    return values[r.integers(len(values))]


def broadcast(r, sizes):
    """A shape that broadcasts to `sizes`."""
    start = r.integers(0, len(sizes) + 1)
    return [1 if r.random() < 0.3 else n for n in sizes[start:]]


def unary(type, opset, attributes=None, kinds=FLOATS, low=-3, high=3):
    def make(r):
        chosen = attributes(r) if attributes else {}
        return "", type, pick(r, [o for o in (7, 9, 10, 11, 13, 15, 18, 20, 21) if o >= opset]), \
            chosen, [array(r, shape(r), pick(r, kinds), low, high)], 1
    return make


def binary(type, opset, kinds):
    def make(r):
        whole = shape(r)
        kind = pick(r, kinds)
        pair = [array(r, whole, kind), array(r, broadcast(r, whole), kind)]
        if r.random() < 0.5:
            pair.reverse()
        return "", type, opset, {}, pair, 1
    return make


def variadic(type):
    def make(r):
        whole, kind = shape(r), pick(r, FLOATS[:3])
        count = r.integers(1, 5)
        inputs = [array(r, broadcast(r, whole), kind) for _ in range(count - 1)]
        inputs.insert(r.integers(count), array(r, whole, kind))
        return "", type, 13, {}, inputs, 1
    return make


def axis(r, sizes):
    return int(r.integers(-len(sizes), len(sizes)))


def along(type, opsets, attribute="axis"):
    def make(r):
        sizes = shape(r, 1)
        return "", type, pick(r, opsets), {attribute: axis(r, sizes)}, \
            [array(r, sizes, pick(r, FLOATS[:3]))], 1
    return make


def reduction(type):
    def make(r):
        sizes = shape(r, 1, zeros=False)
        attributes = {"keepdims": int(r.integers(2))}
        if r.random() < 0.8:
            count = r.integers(1, len(sizes) + 1)
            attributes["axes"] = [int(a) for a in r.permutation(len(sizes))[:count]]
        low = 1 if "Log" in type else -3
        return "", type, pick(r, [11, 12]), attributes, [array(r, sizes, np.float32, low, 3)], 1
    return make


def pooling(type, opset):
    def make(r):
        spatial = int(r.integers(1, 4))
        kernel = [int(r.integers(1, 4)) for _ in range(spatial)]
        attributes = {"kernel_shape": kernel,
                      "strides": [int(r.integers(1, 3)) for _ in range(spatial)],
                      "pads": [int(r.integers(0, k)) for k in kernel * 2]}
        if type == "LpPool":
            attributes["p"] = int(r.integers(1, 4))
        sizes = [int(r.integers(1, 3)), int(r.integers(1, 4))]
        sizes += [int(r.integers(4, 7)) for _ in range(spatial)]
        return "", type, opset, attributes, [array(r, sizes)], 1
    return make


def global_pooling(type):
    def make(r):
        attributes = {"p": int(r.integers(1, 4))} if type == "GlobalLpPool" else {}
        return "", type, 13, attributes, [array(r, shape(r, 3, 5, zeros=False))], 1
    return make


def quantized(r, sizes, kind):
    bounds = np.iinfo(kind)
    return r.integers(bounds.min, bounds.max + 1, sizes).astype(kind)


def scales(r, sizes):
    return (r.integers(1, 64, sizes) / 256).astype(np.float32)


def quantize(r):
    sizes = shape(r)
    opset = pick(r, [10, 13, 19, 21, 23])
    kind = pick(r, [np.uint8, np.int8] + ([np.uint16, np.int16] if opset >= 21 else []))
    attributes, scale = {}, []
    if opset >= 13 and sizes and r.random() < 0.6:
        place = int(r.integers(len(sizes)))
        attributes["axis"] = place
        scale = [sizes[place]]
        if opset >= 21 and r.random() < 0.5:
            block = int(r.integers(1, 4))
            attributes["block_size"] = block
            scale = list(sizes)
            scale[place] = -(-sizes[place] // block)
    inputs = [array(r, sizes, np.float32, -30, 30), scales(r, scale)]
    if r.random() < 0.7 or "block_size" in attributes:
        inputs.append(quantized(r, scale, kind))
    return "", "QuantizeLinear", opset, attributes, inputs, 1


def dequantize(r):
    _, _, opset, attributes, inputs, _ = quantize(r)
    kind = inputs[2].dtype if len(inputs) > 2 else np.dtype(np.uint8)
    if opset >= 19 and r.random() < 0.3:
        inputs[1] = inputs[1].astype(np.float16)
    inputs[0] = quantized(r, inputs[0].shape, kind)
    return "", "DequantizeLinear", opset, attributes, inputs, 1


def dynamic_quantize(r):
    return "", "DynamicQuantizeLinear", 11, {}, [array(r, shape(r, zeros=False))], 3


def convolution(r):
    spatial = int(r.integers(1, 3))
    group = int(r.integers(1, 3))
    channels, outputs = group * int(r.integers(1, 4)), group * int(r.integers(1, 4))
    kernel = [int(r.integers(1, 4)) for _ in range(spatial)]
    x = [int(r.integers(1, 3)), channels] + [int(r.integers(4, 8)) for _ in range(spatial)]
    attributes = {"group": group, "kernel_shape": kernel,
                  "strides": [int(r.integers(1, 3)) for _ in range(spatial)],
                  "pads": [int(r.integers(0, 2)) for _ in range(2 * spatial)]}
    return attributes, x, [outputs, channels // group] + kernel


def conv_integer(r):
    attributes, x, w = convolution(r)
    inputs = [quantized(r, x, np.uint8), quantized(r, w, np.uint8)]
    inputs += [quantized(r, [], np.uint8), quantized(r, [], np.uint8)]
    return "", "ConvInteger", 10, attributes, inputs[:r.integers(2, 5)], 1


def qlinear_conv(r):
    attributes, x, w = convolution(r)
    kind = pick(r, [np.uint8, np.int8])
    weights = np.int8 if kind == np.int8 else pick(r, [np.uint8, np.int8])
    each = [w[0]] if weights == np.int8 and r.random() < 0.5 else []
    inputs = [quantized(r, x, kind), scales(r, []), quantized(r, [], kind), quantized(r, w, weights),
              scales(r, each), np.zeros(each, weights), np.float32(r.integers(1, 40)),
              quantized(r, [], kind)]
    if r.random() < 0.5:
        inputs.append(r.integers(-5000, 5000, [w[0]]).astype(np.int32))
    return "", "QLinearConv", 10, attributes, [np.asarray(i) for i in inputs], 1


def matrices(r):
    rows, depth, columns = [int(n) for n in r.integers(1, 6, 3)]
    batch = shape(r, 0, 2, zeros=False)
    return batch + [rows, depth], ([] if r.random() < 0.5 else batch) + [depth, columns]


def matmul_integer(r):
    a, b = matrices(r)
    kind = pick(r, [np.uint8, np.int8])
    inputs = [quantized(r, a, np.uint8), quantized(r, b, kind), quantized(r, [], np.uint8),
              quantized(r, [], kind)]
    return "", "MatMulInteger", 10, {}, inputs[:r.integers(2, 5)], 1


def qlinear_matmul(r):
    a, b = matrices(r)
    kind = pick(r, [np.uint8, np.int8])
    inputs = [quantized(r, a, kind), scales(r, []), quantized(r, [], kind), quantized(r, b, kind),
              scales(r, []), quantized(r, [], kind), np.float32(r.integers(1, 40)),
              quantized(r, [], kind)]
    return "", "QLinearMatMul", pick(r, [10, 21]), {}, [np.asarray(i) for i in inputs], 1


def qlinear_binary(type):
    def make(r):
        whole, kind = shape(r, 1, 4, zeros=False), pick(r, [np.uint8, np.int8])
        inputs = []
        for sizes in (whole, broadcast(r, whole)):
            inputs += [quantized(r, sizes, kind), scales(r, []), quantized(r, [], kind)]
        return MICROSOFT, type, 1, {}, inputs + [scales(r, []) * 4, quantized(r, [], kind)], 1
    return make


def qlinear_unary(type, attributes=None, low=1, high=4):
    def make(r):
        sizes, kind = shape(r, low, high, zeros=False), pick(r, [np.uint8, np.int8])
        # The runtime takes no int8 for this.
        chosen = attributes(r) if attributes else {}
        scale = np.float32(1 / 256) if type in ("QLinearSigmoid", "QLinearSoftmax") else scales(r, [])
        zero = 0 if kind == np.uint8 else -128
        zero = np.asarray(zero, kind) if type in ("QLinearSigmoid", "QLinearSoftmax") \
            else quantized(r, [], kind)
        return MICROSOFT, type, 1, chosen, \
            [quantized(r, sizes, kind), scales(r, []), quantized(r, [], kind), np.asarray(scale), zero], 1
    return make


def qlinear_concat(r):
    sizes, place = shape(r, 1, 4, zeros=False), None
    place = int(r.integers(len(sizes)))
    inputs = [scales(r, []) * 2, quantized(r, [], np.uint8)]
    for _ in range(r.integers(1, 4)):
        part = list(sizes)
        part[place] = int(r.integers(1, 4))
        inputs += [quantized(r, part, np.uint8), scales(r, []), quantized(r, [], np.uint8)]
    return MICROSOFT, "QLinearConcat", 1, {"axis": place}, inputs, 1


def qgemm(r):
    rows, depth, columns = [int(n) for n in r.integers(1, 6, 3)]
    a, b = bool(r.integers(2)), bool(r.integers(2))
    inputs = [quantized(r, [depth, rows] if a else [rows, depth], np.uint8), scales(r, []),
              quantized(r, [], np.uint8),
              quantized(r, [columns, depth] if b else [depth, columns], np.uint8), scales(r, []),
              quantized(r, [], np.uint8), r.integers(-500, 500, [columns]).astype(np.int32)]
    if r.random() < 0.6:
        inputs += [np.asarray(np.float32(r.integers(1, 40))), quantized(r, [], np.uint8)]
    return MICROSOFT, "QGemm", 1, {"transA": int(a), "transB": int(b), "alpha": 1.0}, inputs, 1


def fused_conv(r):
    attributes, x, w = convolution(r)
    name, parameters = pick(r, [("Relu", []), ("Sigmoid", []), ("Tanh", []), ("LeakyRelu", [0.25]),
                                ("Clip", [-1.0, 1.5]), ("HardSigmoid", [0.25, 0.5])])
    attributes["activation"] = name
    if parameters:
        attributes["activation_params"] = parameters
    return MICROSOFT, "FusedConv", 1, attributes, [array(r, x), array(r, w), array(r, [w[0]])], 1


def quick_gelu(r):
    return MICROSOFT, "QuickGelu", 1, {"alpha": 1.5}, [array(r, shape(r, zeros=False))], 1


def depth_to_space(r):
    block = int(r.integers(1, 4))
    sizes = [1, block * block * 2, int(r.integers(1, 4)), int(r.integers(1, 4))]
    return "", "DepthToSpace", 13, {"blocksize": block, "mode": pick(r, ["DCR", "CRD"])}, \
        [array(r, sizes)], 1


def space_to_depth(r):
    block = int(r.integers(1, 4))
    return "", "SpaceToDepth", 13, {"blocksize": block}, \
        [array(r, [2, 3, block * int(r.integers(1, 4)), block * int(r.integers(1, 4))])], 1


def reverse_sequence(r):
    sizes = shape(r, 2, 4, zeros=False)
    time = int(r.integers(2))
    lengths = r.integers(1, sizes[time] + 1, [sizes[1 - time]]).astype(np.int64)
    return "", "ReverseSequence", 10, {"time_axis": time, "batch_axis": 1 - time}, \
        [array(r, sizes), lengths], 1


def compress(r):
    sizes = shape(r, 1, 4, zeros=False)
    if r.random() < 0.3:
        return "", "Compress", 11, {}, \
            [array(r, sizes), r.random(int(r.integers(1, np.prod(sizes) + 1))) < 0.5], 1
    place = int(r.integers(len(sizes)))
    return "", "Compress", 11, {"axis": place}, \
        [array(r, sizes), r.random(int(r.integers(1, sizes[place] + 1))) < 0.5], 1


def one_hot(r):
    depth = int(r.integers(1, 6))
    sizes = shape(r, 0, 3)
    kind = pick(r, [np.int64, np.int32, np.float32])
    indices = r.integers(-depth, depth, sizes).astype(kind)
    return "", "OneHot", 11, {"axis": int(r.integers(-len(sizes) - 1, len(sizes) + 1))}, \
        [indices, np.asarray(depth, np.int64), np.asarray([2, 5], np.float32)], 1


def eye_like(r):
    attributes = {"k": int(r.integers(-3, 4))}
    if r.random() < 0.5:
        attributes["dtype"] = pick(r, [1, 7, 11])
    return "", "EyeLike", 9, attributes, [array(r, shape(r, 2, 2, 5, zeros=False), np.int32)], 1


def size_of(r):
    return "", "Size", 13, {}, [array(r, shape(r))], 1


def cast_like(r):
    # Negative numbers as unsigned ones are left open.
    kinds = [np.float32, np.float64, np.int32, np.int64, bool]
    return "", "CastLike", pick(r, [15, 19]), {}, \
        [array(r, shape(r), pick(r, kinds)), array(r, [1], pick(r, kinds))], 1


def bit_shift(r):
    kind, whole = pick(r, [np.uint8, np.uint32, np.uint64]), shape(r)
    return "", "BitShift", 11, {"direction": pick(r, ["LEFT", "RIGHT"])}, \
        [array(r, whole, kind), array(r, broadcast(r, whole), kind)], 1


def bitwise_not(r):
    return "", "BitwiseNot", 18, {}, [array(r, shape(r), pick(r, INTEGERS))], 1


def det(r):
    n = int(r.integers(1, 5))
    return "", "Det", 11, {}, [array(r, shape(r, 0, 2, zeros=False) + [n, n])], 1


def unique(r):
    sizes = shape(r, 1, 3, zeros=False)
    attributes = {"sorted": int(r.integers(2))}
    if r.random() < 0.6:
        attributes["axis"] = int(r.integers(len(sizes)))
    return "", "Unique", 11, attributes, [array(r, sizes, pick(r, [np.float32, np.int64]), -1, 1)], 4


def center_crop_pad(r):
    sizes = shape(r, 1, 4, 6, zeros=False)
    return "", "CenterCropPad", 18, {}, \
        [array(r, sizes), r.integers(1, 7, [len(sizes)]).astype(np.int64)], 1


def affine_grid(r):
    spatial = [int(n) for n in r.integers(2, 5, r.integers(2, 4))]
    theta = array(r, [2, len(spatial), len(spatial) + 1])
    return "", "AffineGrid", 20, {"align_corners": int(r.integers(2))}, \
        [theta, np.asarray([2, 3] + spatial, np.int64)], 1


def max_roi_pool(r):
    rois = np.stack([np.asarray([r.integers(2), r.integers(4), r.integers(4), 4 + r.integers(4),
                                 4 + r.integers(4)], np.float32) for _ in range(3)])
    return "", "MaxRoiPool", 13, {"pooled_shape": [2, 3], "spatial_scale": 0.75}, \
        [array(r, [2, 2, 7, 7]), rois], 1


def deform_conv(r):
    group, offsets = int(r.integers(1, 3)), int(r.integers(1, 3))
    inputs = [array(r, [2, 4, 5, 5]), array(r, [4, 4 // group, 2, 2]),
              array(r, [2, offsets * 8, 4, 4], np.float32, -1, 1), array(r, [4]),
              array(r, [2, offsets * 4, 4, 4], np.float32, 0, 1)]
    attributes = {"group": group, "offset_group": offsets, "kernel_shape": [2, 2]}
    return "", "DeformConv", 19, attributes, inputs[:r.integers(3, 6)], 1


def attention(r):
    group, heads, depth = int(r.integers(1, 3)), int(r.integers(1, 3)), 4
    length, total, width = int(r.integers(1, 4)), int(r.integers(1, 5)), int(r.integers(1, 5))
    inputs = [array(r, [2, heads * group, length, depth]), array(r, [2, heads, total, depth]),
              array(r, [2, heads, total, width])]
    if r.random() < 0.5:
        inputs.append(array(r, [length, total]))
    return "", "Attention", 23, {"is_causal": int(r.integers(2)) if length <= total else 0}, inputs, 1


def rotary_embedding(r):
    heads, length, size = 2, int(r.integers(1, 4)), 4
    x = array(r, [2, heads, length, size])
    if r.random() < 0.5:
        return "", "RotaryEmbedding", 23, {"interleaved": int(r.integers(2))}, \
            [x, array(r, [2, length, 2]), array(r, [2, length, 2])], 1
    return "", "RotaryEmbedding", 23, {"interleaved": int(r.integers(2))}, \
        [x, array(r, [6, 2]), array(r, [6, 2]), r.integers(0, 6, [2, length]).astype(np.int64)], 1


def loss(type, outputs):
    def make(r):
        spatial = shape(r, 0, 2, zeros=False)
        target = r.integers(0, 4, [3] + spatial).astype(np.int64)
        inputs = [array(r, [3, 4] + spatial), target]
        if r.random() < 0.5:
            inputs.append(array(r, [4], np.float32, 1, 3))
        attributes = {"reduction": pick(r, ["none", "mean", "sum"])}
        if r.random() < 0.3:
            attributes["ignore_index"] = 2
        return "", type, 13, attributes, inputs, outputs
    return make


def max_unpool(r):
    x = array(r, [1, 2, 2, 2])
    places = np.stack([np.asarray([[0, 3], [9, 14]]) + 16 * c for c in range(2)])[None]
    return "", "MaxUnpool", 11, {"kernel_shape": [2, 2], "strides": [2, 2]}, \
        [x, places.astype(np.int64)], 1


def recurrent(type, gates, functions):
    def make(r):
        steps, batch, width, size = [int(n) for n in r.integers(1, 4, 4)]
        direction = pick(r, ["forward", "reverse", "bidirectional"])
        count = 2 if direction == "bidirectional" else 1
        inputs = [array(r, [steps, batch, width], low=-1, high=1),
                  array(r, [count, gates * size, width], low=-1, high=1),
                  array(r, [count, gates * size, size], low=-1, high=1),
                  array(r, [count, 2 * gates * size], low=-1, high=1),
                  r.integers(1, steps + 1, [batch]).astype(np.int32),
                  array(r, [count, batch, size], low=-1, high=1)]
        attributes = {"direction": direction, "hidden_size": size}
        if type == "GRU":
            attributes["linear_before_reset"] = int(r.integers(2))
        if type == "LSTM":
            inputs.append(array(r, [count, batch, size], low=-1, high=1))
            if r.random() < 0.5:
                inputs.append(array(r, [count, 3 * size], low=-1, high=1))
        return "", type, 14, attributes, inputs, functions
    return make


def window(type):
    def make(r):
        return "", type, 17, {"periodic": int(r.integers(2))}, \
            [np.asarray(r.integers(2, 12), np.int64)], 1
    return make


def transform(r):
    sizes = shape(r, 1, 3, zeros=False)
    parts = int(r.integers(1, 3))
    attributes = {"axis": int(r.integers(len(sizes)))}
    if parts == 1:
        attributes["onesided"] = int(r.integers(2))
    else:
        attributes["inverse"] = int(r.integers(2))
    return "", "DFT", 17, attributes, [array(r, [1] + sizes + [parts])][:1], 1


GENERATORS = [
    recurrent("RNN", 1, 2), recurrent("GRU", 3, 2), recurrent("LSTM", 4, 3), window("HannWindow"),
    window("HammingWindow"), window("BlackmanWindow"), transform,
    unary("Elu", 7, lambda r: {"alpha": float(r.integers(1, 8) / 4)}, FLOATS[:1]),
    unary("Selu", 7, None, FLOATS[:1]), unary("Celu", 12, lambda r: {"alpha": 1.5}, FLOATS[:1]),
    unary("Gelu", 20, lambda r: {"approximate": pick(r, ["none", "tanh"])}, FLOATS[:3]),
    unary("Mish", 18, None, FLOATS[:1]),
    unary("Softsign", 7, None, FLOATS[:1]),
    unary("ThresholdedRelu", 10, lambda r: {"alpha": 0.75}, FLOATS[:1]),
    unary("Shrink", 9, lambda r: {"bias": 0.25, "lambd": 1.0}, FLOATS[:3] + INTEGERS),
    variadic("Sum"), variadic("Mean"),
    binary("BitwiseAnd", 18, INTEGERS), binary("BitwiseOr", 18, INTEGERS),
    binary("BitwiseXor", 18, INTEGERS), bitwise_not, bit_shift, size_of, cast_like, eye_like,
    one_hot, compress, center_crop_pad, reverse_sequence, depth_to_space, space_to_depth, det,
    unique, affine_grid, max_roi_pool, max_unpool, deform_conv, attention, rotary_embedding,
    loss("NegativeLogLikelihoodLoss", 1), loss("SoftmaxCrossEntropyLoss", 2),
    along("LogSoftmax", [11, 13]), along("Hardmax", [11, 13]), along("Softmax", [11, 13]),
    pooling("LpPool", 18), pooling("AveragePool", 11), pooling("MaxPool", 11),
    global_pooling("GlobalLpPool"), global_pooling("GlobalMaxPool"),
    global_pooling("GlobalAveragePool"),
    quantize, dequantize, dynamic_quantize, conv_integer, qlinear_conv, matmul_integer,
    qlinear_matmul, qlinear_binary("QLinearAdd"), qlinear_binary("QLinearMul"),
    qlinear_unary("QLinearSigmoid"),
    qlinear_unary("QLinearLeakyRelu", lambda r: {"alpha": 0.125}),
    qlinear_unary("QLinearSoftmax", lambda r: {"axis": -1, "opset": 13}),
    qlinear_unary("QLinearGlobalAveragePool", lambda r: {"channels_last": 0}, 4, 4),
    qlinear_unary("QLinearAveragePool",
                  lambda r: {"kernel_shape": [1, 1], "strides": [1, 1]}, 4, 4),
    qlinear_concat, qgemm, fused_conv, quick_gelu,
    binary("Add", 14, FLOATS[:3] + [np.int32, np.int64]), binary("Mul", 14, FLOATS[:3]),
    binary("Sub", 14, FLOATS[:3]), binary("Less", 13, FLOATS[:3] + [np.int32]),
    unary("Relu", 14, None, FLOATS[:3]), unary("Exp", 13, None, FLOATS[:3]),
    unary("Erf", 13, None, FLOATS[:1]), unary("Sigmoid", 13, None, FLOATS[:3]),
    *[reduction(f"Reduce{name}") for name in
      ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")],
]
