import ONNXGraph
import Tensors
import Testing

/// Quantised operators and the rest of the inference operators, by results of ONNX Runtime 1.32 on
/// seeded numbers (`Scripts/operators/random-cases.py --swift 1`).
struct RemainingOperatorTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let type: String
    let opset: Int
    let attributes: [String: Attribute]
    let inputs: [Tensor]
    let expected: [Tensor]
    let domain: String
    var testDescription: String { type }

    init(
      _ type: String, _ opset: Int, _ attributes: [String: Attribute], _ inputs: [Tensor],
      gives expected: [Tensor], domain: String = ""
    ) {
      self.type = type
      self.opset = opset
      self.attributes = attributes
      self.inputs = inputs
      self.expected = expected
      self.domain = domain
    }
  }

  @Test(arguments: rows) func givesWhatONNXRuntimeDoes(_ row: Row) throws {
    for constantInputs in [true, false] {
      let found = try run(
        row.type, opset: row.opset, domain: row.domain, inputs: row.inputs,
        attributes: row.attributes, outputs: row.expected.count, constantInputs: constantInputs)
      try #require(found.count >= row.expected.count)
      for (found, expected) in zip(found, row.expected) {
        #expect(found.elementType == expected.elementType && found.shape == expected.shape)
        // Of what is quantised from float32 sums, one step is left open.
        let step = row.type.hasPrefix("Q") ? 1.0 : 0
        for (a, b) in zip(try found.numbers, try expected.numbers) {
          let tolerance = expected.elementType.isFloatingPoint ? 2e-5 * max(1, abs(b)) : step
          #expect(a == b || a.isNaN && b.isNaN || abs(a - b) <= tolerance)
        }
      }
    }
  }

  @Test(
    arguments: [
      ("QuantizeLinear", 13, [Tensor([1] as [Float]), Tensor([1, 2] as [Float])], [:]),
      (
        "QuantizeLinear", 21, [Tensor([1, 2] as [Float]), Tensor([1] as [Float])],
        ["block_size": .int(-1)]
      ),
      (
        "DequantizeLinear", 13,
        [Tensor([1] as [UInt8]), Tensor(scalar: Float(1)), Tensor(scalar: Int8(1))], [:]
      ),
      ("DepthToSpace", 13, [Tensor([1] as [Float], shape: [1, 1, 1, 1])], ["blocksize": .int(0)]),
      (
        "DepthToSpace", 13, [Tensor([1] as [Float], shape: [1, 1, 1, 1])],
        ["blocksize": .int(1 << 40)]
      ),
      (
        "OneHot", 11,
        [Tensor([1] as [Int64]), Tensor(scalar: Int64(-1)), Tensor([0, 1] as [Float])], [:]
      ),
      ("Compress", 11, [Tensor([1] as [Float]), Tensor([false, true])], [:]),
      (
        "ReverseSequence", 10, [Tensor([1] as [Float], shape: [1, 1]), Tensor([2] as [Int64])], [:]
      ),
      (
        "BitShift", 11, [Tensor([1] as [Int32]), Tensor([1] as [Int32])],
        ["direction": .string("LEFT")]
      ),
      ("Det", 11, [Tensor([1, 2] as [Float], shape: [1, 2])], [:]),
      ("CenterCropPad", 18, [Tensor([1] as [Float]), Tensor([-1] as [Int64])], [:]),
      ("MatMulInteger", 10, [Tensor([1] as [Float]), Tensor([1] as [Float])], [:]),
      (
        "NegativeLogLikelihoodLoss", 13,
        [Tensor([1, 2] as [Float], shape: [1, 2]), Tensor([2] as [Int64])], [:]
      ),
    ] as [(String, Int, [Tensor], [String: Attribute])])
  func refuses(
    _ type: String, _ opset: Int, _ inputs: [Tensor], _ attributes: [String: Attribute]
  ) throws {
    #expect(throws: (any Error).self) {
      try run(type, opset: opset, inputs: inputs, attributes: attributes)
    }
  }

  static let rows: [Row] = [
    // By hand.
    Row(
      "Size", 13, [:],
      [Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])], gives: [Tensor(scalar: Int64(6))]),
    Row(
      "Swish", 24, ["alpha": .float(2)], [Tensor([0, 1, -1] as [Float])],
      gives: [Tensor([0, 0.880797, -0.11920292] as [Float])]),
    Row(
      "BitCast", 26, ["to": .int(6)], [Tensor([1, -2] as [Float])],
      gives: [Tensor([0x3f80_0000, -0x4000_0000] as [Int32])]),
    Row(
      "CumProd", 26, ["reverse": .int(1)],
      [Tensor([1, 2, 3, 4] as [Float]), Tensor(scalar: Int64(0))],
      gives: [Tensor([24, 24, 12, 4] as [Float])]),
    Row(
      "CumProd", 26, ["exclusive": .int(1)],
      [Tensor([1, 2, 3, 4] as [Int32]), Tensor(scalar: Int64(0))],
      gives: [Tensor([1, 1, 2, 6] as [Int32])]),
    Row(
      "TensorScatter", 24, ["mode": .string("circular")],
      [
        Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [1, 3, 2]),
        Tensor([7, 8, 9, 10] as [Float], shape: [1, 2, 2]), Tensor([2] as [Int64]),
      ],
      gives: [Tensor([9, 10, 3, 4, 7, 8] as [Float], shape: [1, 3, 2])]),
    Row(
      "CausalConvWithState", 27, [:],
      [
        Tensor([1, 2, 3] as [Float], shape: [1, 1, 3]),
        Tensor([2, 10] as [Float], shape: [1, 1, 2]),
        Tensor([1] as [Float]), Tensor([5] as [Float], shape: [1, 1, 1]),
      ],
      gives: [
        Tensor([21, 23, 35] as [Float], shape: [1, 1, 3]),
        Tensor([3] as [Float], shape: [1, 1, 1]),
      ]),
    Row(
      "LinearAttention", 27,
      [
        "update_rule": .string("linear"), "q_num_heads": .int(1), "kv_num_heads": .int(1),
        "scale": .float(1),
      ],
      [
        Tensor([1, 2] as [Float], shape: [1, 2, 1]), Tensor([3, 5] as [Float], shape: [1, 2, 1]),
        Tensor([7, 11] as [Float], shape: [1, 2, 1]),
      ],
      gives: [
        Tensor([21, 152] as [Float], shape: [1, 2, 1]),
        Tensor([76] as [Float], shape: [1, 1, 1, 1]),
      ]),
    Row(
      "MaxRoiPool", 13, ["pooled_shape": .ints([1, 2])],
      [
        Tensor((0..<16).map { Float($0) }, shape: [1, 1, 4, 4]),
        Tensor([0, 1, 0, 2, 2] as [Float], shape: [1, 5]),
      ],
      gives: [Tensor([9, 10] as [Float], shape: [1, 1, 1, 2])]),
    Row(
      "DeformConv", 19, [:],
      [
        Tensor([1, 2, 3, 4] as [Float], shape: [1, 1, 2, 2]),
        Tensor([2] as [Float], shape: [1, 1, 1, 1]),
        Tensor([0, 0, 0, 0, 0.5, 0, 0, -1] as [Float], shape: [1, 2, 2, 2]),
      ],
      gives: [Tensor([3, 4, 6, 6] as [Float], shape: [1, 1, 2, 2])]),
    Row(
      "Elu", 15, ["alpha": .float(0.75)],
      [Tensor([-0.46875, -0.8125, 0.796875] as [Float], shape: [3])],
      gives: [Tensor([-0.280662, -0.41718954, 0.796875] as [Float], shape: [3])]),
    Row(
      "Selu", 9, [:],
      [Tensor([2.96875, -2.171875, 1.21875, 0.84375] as [Float], shape: [1, 1, 1, 4])],
      gives: [
        Tensor([3.1192687, -1.5577397, 1.2805419, 0.88652897] as [Float], shape: [1, 1, 1, 4])
      ]),
    Row(
      "Celu", 18, ["alpha": .float(1.5)],
      [
        Tensor(
          [
            1.953125, -0.078125, 0.46875, -2.25, -1.78125, 0.59375, -0.046875, 1.265625, -1.390625,
            1.484375, -0.984375, 1.9375, -0.953125, -1.25, 0.640625, -0.328125,
          ] as [Float], shape: [4, 1, 4])
      ],
      gives: [
        Tensor(
          [
            1.953125, -0.076125294, 0.46875, -1.1653048, -1.0425258, 0.59375, -0.046150178,
            1.265625, -0.90644073, 1.484375, -0.7218102, 1.9375, -0.70542794, -0.8481027, 0.640625,
            -0.29471612,
          ] as [Float], shape: [4, 1, 4])
      ]),
    Row(
      "Gelu", 21, ["approximate": .string("tanh")],
      [
        Tensor(
          [
            -2.171875, -2.671875, 1.578125, -2.890625, -1.859375, -1.703125, -2.140625, -0.265625,
            -0.359375, 2.96875, 1.109375, 1.3125, 2.078125, 0.265625, -1.75, 1.359375, -2.40625,
            -1.453125, 1.765625, 1.65625, -0.296875, 0.09375, 0.65625, 2.203125, 0.5, 0.03125,
            1.5625, -0.6875, 2.9375, 0.859375, 0.890625, 1.078125,
          ] as [Double], shape: [2, 4, 2, 1, 2, 1])
      ],
      gives: [
        Tensor(
          [
            -0.032187767777067805, -0.009604163745745959, 1.4875551591545915, -0.005110203358394587,
            -0.05856648645156432, -0.07553227853657499, -0.034357316367721685, -0.10499356412784315,
            -0.1292568520797537, 2.9647347320535635, 0.9609353476943332, 1.1880065810750717,
            2.03912017652131, 0.16063143587215686, -0.07020462286559531, 1.2408568324105147,
            -0.018990646522518577, -0.10644239936978488, 1.6971529688367466, 1.5752086534794578,
            -0.11378894273019848, 0.05037617383915155, 0.48831578814685755, 2.1730058990980687,
            0.3457140080561641, 0.016014528348330594, 1.4699806069361006, -0.16909729816295968,
            2.9330736529717854, 0.6916360314044355, 0.7243512399251599, 0.9264809800149567,
          ] as [Double], shape: [2, 4, 2, 1, 2, 1])
      ]),
    Row(
      "Mish", 20, [:],
      [Tensor([-0.75] as [Float], shape: [])],
      gives: [Tensor([-0.2764947] as [Float], shape: [])]),
    Row(
      "Softsign", 15, [:],
      [Tensor([-2.953125, -2.796875, 0.78125, -0.125] as [Float], shape: [4])],
      gives: [Tensor([-0.7470356, -0.7366255, 0.4385965, -0.11111111] as [Float], shape: [4])]),
    Row(
      "ThresholdedRelu", 10, ["alpha": .float(0.75)],
      [Tensor([-2.3125, 2.65625] as [Float], shape: [2])],
      gives: [Tensor([0.0, 2.65625] as [Float], shape: [2])]),
    Row(
      "Shrink", 15, ["bias": .float(0.25), "lambd": .float(1.0)],
      [
        Tensor(
          [
            -2.984375, -2.3125, 2.40625, -2.796875, 2.921875, -1.609375, -1.578125, 0.140625,
            -1.140625, 0.03125, 2.0625, -0.359375, -2.78125, -0.5625, 1.8125, 2.9375, 0.484375,
            2.140625, 0.46875, 2.0, 1.84375, -1.53125, 0.40625, -2.984375,
          ] as [Float], shape: [1, 2, 3, 4, 1])
      ],
      gives: [
        Tensor(
          [
            -2.734375, -2.0625, 2.15625, -2.546875, 2.671875, -1.359375, -1.328125, 0.0, -0.890625,
            0.0, 1.8125, 0.0, -2.53125, 0.0, 1.5625, 2.6875, 0.0, 1.890625, 0.0, 1.75, 1.59375,
            -1.28125, 0.0, -2.734375,
          ] as [Float], shape: [1, 2, 3, 4, 1])
      ]),
    Row(
      "Sum", 13, [:],
      [
        Tensor([-2.109375] as [Float], shape: []),
        Tensor([-0.8125] as [Float], shape: []),
      ],
      gives: [Tensor([-2.921875] as [Float], shape: [])]),
    Row(
      "Mean", 13, [:],
      [
        Tensor([-0.171875] as [Float], shape: []),
        Tensor([-0.421875] as [Float], shape: []),
      ],
      gives: [Tensor([-0.296875] as [Float], shape: [])]),
    Row(
      "BitwiseAnd", 18, [:],
      [
        Tensor([4] as [UInt64], shape: [1]),
        Tensor([4, 4, 3, 1, 3, 2, 2, 5, 4, 1, 1, 3] as [UInt64], shape: [3, 4, 1]),
      ],
      gives: [Tensor([4, 4, 0, 0, 0, 0, 0, 4, 4, 0, 0, 0] as [UInt64], shape: [3, 4, 1])]),
    Row(
      "BitwiseOr", 18, [:],
      [
        Tensor(
          [
            2, 1, 3, 2, 1, 5, 2, 5, 5, 1, 1, 2, 5, 1, 1, 1, 4, 0, 3, 3, 3, 5, 2, 4, 2, 1, 3, 2, 3,
            2, 0, 5,
          ] as [UInt16], shape: [2, 4, 4, 1]),
        Tensor(
          [
            0, 1, 5, 3, 3, 4, 4, 3, 3, 4, 4, 3, 0, 5, 5, 4, 3, 4, 0, 1, 5, 3, 3, 5, 3, 3, 5, 2, 0,
            4, 1, 3,
          ] as [UInt16], shape: [2, 4, 4, 1]),
      ],
      gives: [
        Tensor(
          [
            2, 1, 7, 3, 3, 5, 6, 7, 7, 5, 5, 3, 5, 5, 5, 5, 7, 4, 3, 3, 7, 7, 3, 5, 3, 3, 7, 2, 3,
            6, 1, 7,
          ] as [UInt16], shape: [2, 4, 4, 1])
      ]),
    Row(
      "BitwiseXor", 18, [:],
      [
        Tensor([1] as [Int64], shape: [1, 1]),
        Tensor([1, -3, 3, 0, -1, 0, 0, -3] as [Int64], shape: [2, 1, 4, 1]),
      ],
      gives: [Tensor([0, -4, 2, 1, -2, 1, 1, -4] as [Int64], shape: [2, 1, 4, 1])]),
    Row(
      "BitwiseNot", 18, [:],
      [
        Tensor(
          [
            2, -1, 1, 3, -2, 1, -1, -1, -3, 2, 1, 1, 1, -3, 3, 3, 3, -3, 2, -1, -1, -2, 3, 3, 3, -2,
            -3, 3, -3, -3, 3, 3,
          ] as [Int8], shape: [4, 2, 4, 1])
      ],
      gives: [
        Tensor(
          [
            -3, 0, -2, -4, 1, -2, 0, 0, 2, -3, -2, -2, -2, 2, -4, -4, -4, 2, -3, 0, 0, 1, -4, -4,
            -4, 1, 2, -4, 2, 2, -4, -4,
          ] as [Int8], shape: [4, 2, 4, 1])
      ]),
    Row(
      "BitShift", 11, ["direction": .string("RIGHT")],
      [
        Tensor([4, 3, 4, 0] as [UInt64], shape: [4]),
        Tensor([5] as [UInt64], shape: []),
      ],
      gives: [Tensor([0, 0, 0, 0] as [UInt64], shape: [4])]),
    Row(
      "Size", 13, [:],
      [
        Tensor(
          [
            -1.671875, -1.21875, -1.15625, -1.96875, 2.71875, -2.78125, -1.3125, 0.0, -0.671875,
            -1.734375, -1.375, -2.65625, -1.65625, -2.890625, -2.953125, -2.25, 2.875, -1.78125,
            1.3125, 2.296875, 1.109375, -2.34375, 1.71875, -0.078125, 1.5625, 2.90625, -1.0,
          ] as [Float], shape: [3, 3, 1, 3, 1, 1])
      ],
      gives: [Tensor([27] as [Int64], shape: [])]),
    Row(
      "CastLike", 15, [:],
      [
        Tensor([0.09375] as [Double], shape: []),
        Tensor([false] as [Bool], shape: [1]),
      ],
      gives: [Tensor([true] as [Bool], shape: [])]),
    Row(
      "EyeLike", 9, ["k": .int(2), "dtype": .int(1)],
      [Tensor([-2, 1, -1, 3] as [Int32], shape: [4, 1])],
      gives: [Tensor([0.0, 0.0, 0.0, 0.0] as [Float], shape: [4, 1])]),
    Row(
      "OneHot", 11, ["axis": .int(-2)],
      [
        Tensor([-1, -1, 0, -1] as [Int64], shape: [4]),
        Tensor([1] as [Int64], shape: []),
        Tensor([2.0, 5.0] as [Float], shape: [2]),
      ],
      gives: [Tensor([5.0, 5.0, 5.0, 5.0] as [Float], shape: [1, 4])]),
    Row(
      "Compress", 11, ["axis": .int(1)],
      [
        Tensor(
          [
            -0.15625, -0.765625, -0.015625, 2.265625, 2.359375, -0.8125, -1.546875, -0.40625,
            -1.234375, -1.390625, -2.390625, -1.75, -0.96875, -1.59375, -0.984375, 2.453125,
            0.734375, -2.671875,
          ] as [Float], shape: [3, 2, 3]),
        Tensor([true] as [Bool], shape: [1]),
      ],
      gives: [
        Tensor(
          [
            -0.15625, -0.765625, -0.015625, -1.546875, -0.40625, -1.234375, -0.96875, -1.59375,
            -0.984375,
          ] as [Float], shape: [3, 1, 3])
      ]),
    Row(
      "CenterCropPad", 18, [:],
      [
        Tensor(
          [
            2.640625, -2.578125, 0.609375, -0.203125, -2.515625, -1.859375, -1.5625, 1.84375,
            -2.046875, -0.53125, -0.5625, 0.40625, 2.125, 0.046875, -1.296875, 0.3125, -2.46875,
            -1.59375, -2.296875, 0.359375,
          ] as [Float], shape: [5, 4, 1]),
        Tensor([1, 2, 6] as [Int64], shape: [3]),
      ],
      gives: [
        Tensor(
          [0.0, 0.0, -0.53125, 0.0, 0.0, 0.0, 0.0, 0.0, -0.5625, 0.0, 0.0, 0.0] as [Float],
          shape: [1, 2, 6])
      ]),
    Row(
      "ReverseSequence", 10, ["time_axis": .int(1), "batch_axis": .int(0)],
      [
        Tensor(
          [-0.171875, -1.359375, -1.140625, 2.9375, 0.515625, -2.796875] as [Float], shape: [3, 2]),
        Tensor([1, 2, 1] as [Int64], shape: [3]),
      ],
      gives: [
        Tensor(
          [-0.171875, -1.359375, 2.9375, -1.140625, 0.515625, -2.796875] as [Float], shape: [3, 2])
      ]),
    Row(
      "DepthToSpace", 13, ["blocksize": .int(1), "mode": .string("CRD")],
      [
        Tensor(
          [
            1.203125, -2.359375, -0.390625, 2.953125, 0.5, -0.671875, 0.296875, -0.421875, 2.59375,
            1.265625, 1.78125, -2.375,
          ] as [Float], shape: [1, 2, 2, 3])
      ],
      gives: [
        Tensor(
          [
            1.203125, -2.359375, -0.390625, 2.953125, 0.5, -0.671875, 0.296875, -0.421875, 2.59375,
            1.265625, 1.78125, -2.375,
          ] as [Float], shape: [1, 2, 2, 3])
      ]),
    Row(
      "SpaceToDepth", 13, ["blocksize": .int(1)],
      [
        Tensor(
          [
            -0.625, -2.28125, 2.265625, -1.421875, -0.875, 2.5, -2.078125, 2.578125, 2.75, 2.40625,
            0.546875, 0.75, 2.765625, -1.328125, 1.15625, -0.390625, -2.484375, 2.046875,
          ] as [Float], shape: [2, 3, 1, 3])
      ],
      gives: [
        Tensor(
          [
            -0.625, -2.28125, 2.265625, -1.421875, -0.875, 2.5, -2.078125, 2.578125, 2.75, 2.40625,
            0.546875, 0.75, 2.765625, -1.328125, 1.15625, -0.390625, -2.484375, 2.046875,
          ] as [Float], shape: [2, 3, 1, 3])
      ]),
    Row(
      "Det", 11, [:],
      [
        Tensor(
          [
            0.390625, -1.515625, 0.625, -1.1875, -1.34375, -0.984375, -2.984375, -1.625, 0.265625,
            2.578125, -2.3125, 2.09375, 2.5, 0.3125, -1.625, -2.078125,
          ] as [Float], shape: [4, 4])
      ],
      gives: [Tensor([-21.745249] as [Float], shape: [])]),
    Row(
      "Unique", 11, ["sorted": .int(0), "axis": .int(0)],
      [Tensor([-0.359375, -0.421875, -0.53125] as [Float], shape: [3])],
      gives: [
        Tensor([-0.359375, -0.421875, -0.53125] as [Float], shape: [3]),
        Tensor([0, 1, 2] as [Int64], shape: [3]),
        Tensor([0, 1, 2] as [Int64], shape: [3]),
        Tensor([1, 1, 1] as [Int64], shape: [3]),
      ]),
    Row(
      "AffineGrid", 20, ["align_corners": .int(0)],
      [
        Tensor(
          [
            2.421875, 2.46875, -2.796875, 2.03125, 0.125, 0.515625, -2.5, 1.96875, 2.9375, 0.65625,
            2.90625, -1.765625,
          ] as [Float], shape: [2, 2, 3]),
        Tensor([2, 3, 3, 4] as [Int64], shape: [4]),
      ],
      gives: [
        Tensor(
          [
            -6.2591147, -1.0911459, -5.048177, -0.075520754, -3.8372395, 0.94010425, -2.6263022,
            1.9557291, -4.6132812, -1.0078125, -3.4023438, 0.00781256, -2.1914062, 1.0234375,
            -0.98046875, 2.0390625, -2.9674478, -0.9244791, -1.7565103, 0.0911459, -0.54557276,
            1.1067709, 0.66536474, 2.122396, 3.5, -4.1953125, 2.25, -3.8671875, 1.0, -3.5390625,
            -0.25, -3.2109375, 4.8125, -2.2578125, 3.5625, -1.9296875, 2.3125, -1.6015625, 1.0625,
            -1.2734375, 6.125, -0.3203125, 4.875, 0.0078125, 3.625, 0.3359375, 2.375, 0.6640625,
          ] as [Float], shape: [2, 3, 4, 2])
      ]),
    Row(
      "MaxUnpool", 11, ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])],
      [
        Tensor(
          [-2.1875, -1.65625, -1.84375, 1.15625, -2.625, 0.921875, -1.53125, 1.625] as [Float],
          shape: [1, 2, 2, 2]),
        Tensor([0, 3, 9, 14, 16, 19, 25, 30] as [Int64], shape: [1, 2, 2, 2]),
      ],
      gives: [
        Tensor(
          [
            -2.1875, 0.0, 0.0, -1.65625, 0.0, 0.0, 0.0, 0.0, 0.0, -1.84375, 0.0, 0.0, 0.0, 0.0,
            1.15625, 0.0, -2.625, 0.0, 0.0, 0.921875, 0.0, 0.0, 0.0, 0.0, 0.0, -1.53125, 0.0, 0.0,
            0.0, 0.0, 1.625, 0.0,
          ] as [Float], shape: [1, 2, 4, 4])
      ]),
    Row(
      "Attention", 23, ["is_causal": .int(0)],
      [
        Tensor(
          [
            -2.109375, 0.625, -0.6875, -2.09375, -2.375, 1.609375, 1.65625, 2.0, 2.171875, -0.25,
            0.390625, -0.015625, 2.390625, -1.15625, 0.546875, 0.515625, 2.796875, 2.015625,
            1.03125, 0.375, 2.015625, -0.46875, -1.65625, -1.140625,
          ] as [Float], shape: [2, 1, 3, 4]),
        Tensor(
          [
            1.171875, 1.828125, -2.15625, -1.109375, -2.0625, -2.390625, -2.015625, 2.453125,
            0.171875, 2.15625, -2.21875, 0.546875, -0.125, 2.46875, 1.3125, 2.9375,
          ] as [Float], shape: [2, 1, 2, 4]),
        Tensor(
          [-2.21875, 1.84375, -1.265625, -2.203125, 1.90625, 2.453125, -1.453125, 0.984375]
            as [Float], shape: [2, 1, 2, 2]),
        Tensor(
          [2.640625, -1.84375, -1.203125, -0.546875, -0.53125, -1.078125] as [Float], shape: [3, 2]),
      ],
      gives: [
        Tensor(
          [
            -2.2167594, 1.8352988, -1.273551, -2.169472, -2.1916726, 1.7287819, 1.8016757,
            2.4074042, -1.265053, 1.0666018, 1.887948, 2.4451232,
          ] as [Float], shape: [2, 1, 3, 2])
      ]),
    Row(
      "RotaryEmbedding", 23, ["interleaved": .int(0)],
      [
        Tensor(
          [
            2.203125, -2.34375, 1.984375, -0.8125, 2.3125, -2.0625, 2.890625, 0.96875, -2.640625,
            -1.296875, -0.1875, 0.03125, 1.9375, 0.078125, -2.28125, -2.5, 2.609375, 1.6875,
            2.921875, -0.234375, 0.359375, -1.15625, -1.734375, 1.171875, -0.203125, -0.515625,
            -1.234375, 2.6875, -2.625, -2.140625, -2.125, -0.390625, 0.1875, -0.546875, -2.53125,
            1.65625, 1.328125, 0.03125, -0.421875, -1.265625, 2.4375, -0.75, -1.703125, 1.0625,
            -0.90625, 2.625, 0.59375, 1.65625,
          ] as [Float], shape: [2, 2, 3, 4]),
        Tensor(
          [
            -0.5625, -1.328125, 0.75, -2.109375, -1.359375, 1.984375, -1.0, -2.703125, 0.359375,
            0.53125, -0.953125, 2.234375,
          ] as [Float], shape: [6, 2]),
        Tensor(
          [
            -1.0, 2.640625, -1.75, 2.265625, 1.09375, -0.359375, -2.859375, -1.1875, -1.453125,
            -0.765625, -2.546875, 0.03125,
          ] as [Float], shape: [6, 2]),
        Tensor([4, 5, 0, 4, 3, 1] as [Int64], shape: [2, 3]),
      ],
      gives: [
        Tensor(
          [
            3.675293, -1.8671875, -2.4882812, 1.362793, 5.157959, -4.638672, -8.644775, 2.1000977,
            1.2978516, 1.6398926, 2.7460938, -3.4660645, -2.6186523, -1.8725586, -3.635254,
            -1.3879395, 4.95459, 3.777832, -9.430664, -0.47094727, -1.9365234, -1.5588379,
            0.61621094, -4.609619, -1.8666992, 1.7836914, -0.1484375, 1.8225098, -3.4511719,
            5.32251, 9.630859, 3.5979004, -4.2890625, -2.598877, -2.2265625, -4.732666, -0.13574219,
            -0.9523926, -2.081543, -0.69628906, -7.307373, 3.2890625, -5.2666016, -1.9814453,
            0.359375, -9.289551, 2.03125, 2.4536133,
          ] as [Float], shape: [2, 2, 3, 4])
      ]),
    Row(
      "NegativeLogLikelihoodLoss", 13, ["reduction": .string("sum")],
      [
        Tensor(
          [
            0.25, -2.921875, 0.3125, 2.984375, -1.125, -0.265625, -1.796875, 1.765625, 0.09375,
            1.46875, -0.3125, 0.0625, 2.453125, 2.296875, -1.90625, -1.125, -2.4375, 1.78125,
            2.90625, -0.640625, -1.3125, -2.3125, -2.328125, -1.21875,
          ] as [Float], shape: [3, 4, 2]),
        Tensor([1, 2, 1, 2, 1, 0] as [Int64], shape: [3, 2]),
        Tensor([2.203125, 2.421875, 1.5, 1.59375] as [Float], shape: [4]),
      ],
      gives: [Tensor([-14.009766] as [Float], shape: [])]),
    Row(
      "SoftmaxCrossEntropyLoss", 13, ["reduction": .string("sum")],
      [
        Tensor(
          [
            0.015625, 1.4375, -2.59375, 0.796875, 1.171875, 2.296875, -2.234375, 1.859375, 1.53125,
            1.734375, 2.6875, 1.328125, 1.375, -0.296875, 2.671875, -2.859375, -2.875, -2.875,
            -1.8125, 0.609375, 2.28125, -2.484375, -0.203125, 2.765625, -2.71875, 0.84375, 1.328125,
            -2.546875, -0.1875, -1.6875, 0.890625, -0.8125, -0.09375, 2.703125, -0.484375,
            -2.203125, 2.078125, 2.609375, -1.625, -1.734375, 3.0, -2.734375, 1.53125, -1.5, 0.5625,
            -1.078125, -1.390625, -0.625,
          ] as [Float], shape: [3, 4, 4]),
        Tensor([2, 0, 2, 3, 1, 1, 3, 3, 0, 3, 0, 2] as [Int64], shape: [3, 4]),
      ],
      gives: [
        Tensor([28.759321] as [Float], shape: []),
        Tensor(
          [
            -2.5356011, -1.5859323, -5.97283, -1.7264174, -1.3793511, -0.7265572, -5.613455,
            -0.6639174, -1.0199761, -1.2890573, -0.6915799, -1.1951674, -1.1762261, -3.3203073,
            -0.7072049, -5.3826675, -5.2490044, -3.8495011, -3.7851958, -2.294808, -0.092754126,
            -3.4588761, -2.1758208, -0.1385578, -5.0927544, -0.1307511, -0.6445709, -5.451058,
            -2.5615041, -2.6620011, -1.0820708, -3.716683, -3.5193334, -0.6614784, -2.2223585,
            -2.2474859, -1.3474585, -0.7552284, -3.3629835, -1.7787359, -0.42558345, -6.0989785,
            -0.20673357, -1.5443609, -2.8630834, -4.4427285, -3.1286085, -0.6693608,
          ] as [Float], shape: [3, 4, 4]),
      ]),
    Row(
      "LogSoftmax", 13, ["axis": .int(0)],
      [
        Tensor(
          [
            -2.890625, 0.390625, 0.515625, -0.234375, -0.15625, -0.65625, 1.515625, 0.40625, -2.125,
            2.015625, -2.765625, -1.03125, -0.78125, -2.4375, -0.109375, -0.875, -0.671875,
            -0.15625, 1.8125, -1.796875, -0.421875, 1.78125, 1.765625, -2.203125, 1.265625,
            2.921875, -1.4375, -1.9375, 1.5, -0.71875, -1.734375, -0.328125, -0.0625, 2.59375,
            -0.78125, 0.703125, 2.3125, 1.984375, 2.765625, -2.8125, -2.046875, -2.03125, -0.265625,
            2.46875, -0.984375, 0.453125, 0.25, 0.75, 1.84375, 2.703125, -2.9375, 0.3125, -1.859375,
            -2.0625,
          ] as [Float], shape: [3, 1, 3, 2, 1, 3])
      ],
      gives: [
        Tensor(
          [
            -5.6806192, -1.7974714, -2.3868656, -2.1495893, -2.0775318, -0.38236836, -0.6664069,
            -3.055884, -1.8111471, -0.20604298, -4.5284104, -2.1167507, -2.7206445, -5.193321,
            -0.7453195, -3.5938947, -0.78908306, -1.2557075, -0.97749424, -3.9849715, -3.3243656,
            -0.13396433, -0.15565686, -1.9292433, -0.9164069, -0.54025877, -1.1236471, -4.159168,
            -0.26278558, -1.8042507, -3.6737695, -3.0839462, -0.6984445, -0.12514463, -0.89845806,
            -0.39633247, -0.47749427, -0.2037214, -0.13686572, -4.7277145, -3.9681568, -1.7573683,
            -2.4476569, -0.99338377, -0.6705221, -1.768543, -1.5127856, -0.33550078, -0.095644474,
            -0.05269618, -3.5734444, -2.4063947, -1.976583, -3.1619575,
          ] as [Float], shape: [3, 1, 3, 2, 1, 3])
      ]),
    Row(
      "Hardmax", 13, ["axis": .int(4)],
      [
        Tensor(
          [1.671875, -2.90625, 1.171875, -0.5, 1.1875, -2.6875, -2.375, -2.703125] as [Float],
          shape: [1, 1, 4, 2, 1, 1])
      ],
      gives: [
        Tensor([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0] as [Float], shape: [1, 1, 4, 2, 1, 1])
      ]),
    Row(
      "LpPool", 18,
      ["kernel_shape": .ints([3]), "strides": .ints([2]), "pads": .ints([1, 0]), "p": .int(2)],
      [
        Tensor(
          [2.140625, -1.46875, -2.421875, 0.765625, 2.484375, 0.984375, -2.546875, 0.1875]
            as [Float], shape: [1, 2, 4])
      ],
      gives: [Tensor([2.596055, 2.9340904, 2.672286, 2.7369184] as [Float], shape: [1, 2, 2])]),
    Row(
      "GlobalLpPool", 13, ["p": .int(3)],
      [Tensor([2.53125, 2.8125] as [Float], shape: [1, 2, 1])],
      gives: [Tensor([2.53125, 2.8125] as [Float], shape: [1, 2, 1])]),
    Row(
      "GlobalMaxPool", 13, [:],
      [
        Tensor(
          [
            0.640625, -0.765625, 0.09375, -2.109375, -2.65625, -1.234375, 1.640625, -0.34375,
            2.6875, 1.984375, -0.953125, 0.09375,
          ] as [Float], shape: [2, 3, 2])
      ],
      gives: [
        Tensor(
          [0.640625, 0.09375, -1.234375, 1.640625, 2.6875, 0.09375] as [Float], shape: [2, 3, 1])
      ]),
    Row(
      "QuantizeLinear", 10, [:],
      [
        Tensor(
          [
            -25.09375, 12.9375, -10.75, 26.4375, -8.9375, 13.546875, 10.875, 14.234375, -22.359375,
            17.140625, 2.140625, 19.171875, -23.359375, 14.40625, -17.90625, -11.9375, -5.640625,
            11.71875, 27.078125, -0.96875, 28.109375, 1.59375, -1.828125, -3.0625, 18.546875,
            -16.953125, -27.703125, 16.1875, -24.125, 13.140625, 9.0625, -13.90625, -12.5625,
            -19.1875, -22.546875, -8.71875,
          ] as [Float], shape: [1, 2, 2, 3, 3]),
        Tensor([0.08984375] as [Float], shape: []),
      ],
      gives: [
        Tensor(
          [
            0, 144, 0, 255, 0, 151, 121, 158, 0, 191, 24, 213, 0, 160, 0, 0, 0, 130, 255, 0, 255,
            18, 0, 0, 206, 0, 0, 180, 0, 146, 101, 0, 0, 0, 0, 0,
          ] as [UInt8], shape: [1, 2, 2, 3, 3])
      ]),
    Row(
      "DequantizeLinear", 23, [:],
      [
        Tensor([68] as [Int8], shape: []),
        Tensor([0.2421875] as [Float], shape: []),
        Tensor([-33] as [Int8], shape: []),
      ],
      gives: [Tensor([24.460938] as [Float], shape: [])]),
    Row(
      "DynamicQuantizeLinear", 11, [:],
      [
        Tensor(
          [
            2.5, -2.328125, -0.6875, -1.265625, 0.328125, 0.53125, -2.140625, -0.40625, -0.265625,
            2.34375, -1.203125, -2.703125, -0.03125, -2.3125, 2.96875, 0.53125,
          ] as [Float], shape: [2, 2, 4])
      ],
      gives: [
        Tensor(
          [234, 17, 91, 65, 137, 146, 26, 104, 110, 227, 68, 0, 121, 18, 255, 146] as [UInt8],
          shape: [2, 2, 4]),
        Tensor([0.022242647] as [Float], shape: []),
        Tensor([122] as [UInt8], shape: []),
      ]),
    Row(
      "ConvInteger", 10,
      [
        "group": .int(2), "kernel_shape": .ints([1]), "strides": .ints([1]), "pads": .ints([0, 0]),
      ],
      [
        Tensor(
          [32, 83, 147, 172, 72, 167, 90, 96, 187, 122, 162, 96] as [UInt8], shape: [1, 2, 6]),
        Tensor([28, 70] as [UInt8], shape: [2, 1, 1]),
      ],
      gives: [
        Tensor(
          [896, 2324, 4116, 4816, 2016, 4676, 6300, 6720, 13090, 8540, 11340, 6720] as [Int32],
          shape: [1, 2, 6])
      ]),
    Row(
      "QLinearConv", 10,
      [
        "group": .int(1), "kernel_shape": .ints([3]), "strides": .ints([2]), "pads": .ints([1, 0]),
      ],
      [
        Tensor([90, 50, 108, -5, 72] as [Int8], shape: [1, 1, 5]),
        Tensor([0.15234375] as [Float], shape: []),
        Tensor([-97] as [Int8], shape: []),
        Tensor([23, -44, 14, 125, 33, -1, -52, -87, 60] as [Int8], shape: [3, 1, 3]),
        Tensor([0.19140625] as [Float], shape: []),
        Tensor([0] as [Int8], shape: []),
        Tensor([1.0] as [Float], shape: []),
        Tensor([-15] as [Int8], shape: []),
      ],
      gives: [Tensor([-128, -128, 127, 127, -128, -128] as [Int8], shape: [1, 3, 2])]),
    Row(
      "MatMulInteger", 10, [:],
      [
        Tensor([44, 212, 78, 83] as [UInt8], shape: [1, 2, 2, 1]),
        Tensor([-17, 13, -97, -56, 120] as [Int8], shape: [1, 5]),
        Tensor([132] as [UInt8], shape: []),
        Tensor([-7] as [Int8], shape: []),
      ],
      gives: [
        Tensor(
          [
            880, -1760, 7920, 4312, -11176, -800, 1600, -7200, -3920, 10160, 540, -1080, 4860, 2646,
            -6858, 490, -980, 4410, 2401, -6223,
          ] as [Int32], shape: [1, 2, 2, 5])
      ]),
    Row(
      "QLinearMatMul", 10, [:],
      [
        Tensor([148, 223, 43, 188, 125, 130, 184, 176, 63] as [UInt8], shape: [3, 1, 3, 1]),
        Tensor([0.19140625] as [Float], shape: []),
        Tensor([230] as [UInt8], shape: []),
        Tensor([235, 51, 20] as [UInt8], shape: [1, 3]),
        Tensor([0.02734375] as [Float], shape: []),
        Tensor([138] as [UInt8], shape: []),
        Tensor([6.0] as [Float], shape: []),
        Tensor([188] as [UInt8], shape: []),
      ],
      gives: [
        Tensor(
          [
            181, 194, 196, 187, 189, 189, 172, 202, 207, 184, 191, 192, 179, 196, 199, 180, 196,
            198, 184, 191, 193, 183, 192, 194, 174, 201, 205,
          ] as [UInt8], shape: [3, 1, 3, 3])
      ]),
    Row(
      "QLinearAdd", 1, [:],
      [
        Tensor([95, 45, 79, -33, -61, -72, -33, 24] as [Int8], shape: [4, 2]),
        Tensor([0.05859375] as [Float], shape: []),
        Tensor([-55] as [Int8], shape: []),
        Tensor([103] as [Int8], shape: []),
        Tensor([0.03515625] as [Float], shape: []),
        Tensor([-127] as [Int8], shape: []),
        Tensor([0.59375] as [Float], shape: []),
        Tensor([103] as [Int8], shape: []),
      ],
      gives: [Tensor([127, 126, 127, 119, 116, 115, 119, 124] as [Int8], shape: [4, 2])],
      domain: "com.microsoft"),
    Row(
      "QLinearMul", 1, [:],
      [
        Tensor([109, 74] as [UInt8], shape: [1, 2]),
        Tensor([0.0234375] as [Float], shape: []),
        Tensor([166] as [UInt8], shape: []),
        Tensor([231] as [UInt8], shape: []),
        Tensor([0.15625] as [Float], shape: []),
        Tensor([63] as [UInt8], shape: []),
        Tensor([0.0625] as [Float], shape: []),
        Tensor([51] as [UInt8], shape: []),
      ],
      gives: [Tensor([0, 0] as [UInt8], shape: [1, 2])], domain: "com.microsoft"),
    Row(
      "QLinearSigmoid", 1, [:],
      [
        Tensor([-85, 32, -110, 36] as [Int8], shape: [4]),
        Tensor([0.18359375] as [Float], shape: []),
        Tensor([87] as [Int8], shape: []),
        Tensor([0.00390625] as [Float], shape: []),
        Tensor([-128] as [Int8], shape: []),
      ],
      gives: [Tensor([-128, -128, -128, -128] as [Int8], shape: [4])], domain: "com.microsoft"),
    Row(
      "QLinearLeakyRelu", 1, ["alpha": .float(0.125)],
      [
        Tensor([193, 136, 81, 246, 239, 39, 170, 108] as [UInt8], shape: [2, 4]),
        Tensor([0.21875] as [Float], shape: []),
        Tensor([71] as [UInt8], shape: []),
        Tensor([0.078125] as [Float], shape: []),
        Tensor([118] as [UInt8], shape: []),
      ],
      gives: [Tensor([255, 255, 146, 255, 255, 107, 255, 222] as [UInt8], shape: [2, 4])],
      domain: "com.microsoft"),
    Row(
      "QLinearSoftmax", 1, ["axis": .int(-1), "opset": .int(13)],
      [
        Tensor([254, 144] as [UInt8], shape: [2]),
        Tensor([0.015625] as [Float], shape: []),
        Tensor([226] as [UInt8], shape: []),
        Tensor([0.00390625] as [Float], shape: []),
        Tensor([0] as [UInt8], shape: []),
      ],
      gives: [Tensor([217, 39] as [UInt8], shape: [2])], domain: "com.microsoft"),
    Row(
      "QLinearGlobalAveragePool", 1, ["channels_last": .int(0)],
      [
        Tensor([-93, 1, 21, 70, 44, -124, -1, 10, -109] as [Int8], shape: [3, 1, 3, 1]),
        Tensor([0.22265625] as [Float], shape: []),
        Tensor([89] as [Int8], shape: []),
        Tensor([0.1171875] as [Float], shape: []),
        Tensor([116] as [Int8], shape: []),
      ],
      gives: [Tensor([-98, -59, -116] as [Int8], shape: [3, 1, 1, 1])], domain: "com.microsoft"),
    Row(
      "QLinearAveragePool", 1, ["kernel_shape": .ints([1, 1]), "strides": .ints([1, 1])],
      [
        Tensor(
          [
            79, 130, 119, 205, 127, 62, 196, 45, 115, 69, 183, 202, 230, 79, 200, 60, 39, 78, 250,
            60, 95, 95, 250, 185, 10, 135, 236, 93, 157, 247, 11, 157, 185, 145, 119, 1,
          ] as [UInt8], shape: [1, 3, 3, 4]),
        Tensor([0.06640625] as [Float], shape: []),
        Tensor([27] as [UInt8], shape: []),
        Tensor([0.109375] as [Float], shape: []),
        Tensor([142] as [UInt8], shape: []),
      ],
      gives: [
        Tensor(
          [
            174, 205, 198, 250, 203, 163, 245, 153, 195, 168, 237, 248, 255, 174, 247, 162, 149,
            173, 255, 162, 183, 183, 255, 238, 132, 208, 255, 182, 221, 255, 132, 221, 238, 214,
            198, 126,
          ] as [UInt8], shape: [1, 3, 3, 4])
      ], domain: "com.microsoft"),
    Row(
      "QLinearConcat", 1, ["axis": .int(0)],
      [
        Tensor([0.0234375] as [Float], shape: []),
        Tensor([163] as [UInt8], shape: []),
        Tensor([93, 87] as [UInt8], shape: [2]),
        Tensor([0.00390625] as [Float], shape: []),
        Tensor([50] as [UInt8], shape: []),
        Tensor([39] as [UInt8], shape: [1]),
        Tensor([0.01953125] as [Float], shape: []),
        Tensor([106] as [UInt8], shape: []),
      ],
      gives: [Tensor([170, 169, 107] as [UInt8], shape: [3])], domain: "com.microsoft"),
    Row(
      "QGemm", 1, ["transA": .int(1), "transB": .int(0), "alpha": .float(1.0)],
      [
        Tensor([105, 171, 143, 71, 134] as [UInt8], shape: [1, 5]),
        Tensor([0.078125] as [Float], shape: []),
        Tensor([171] as [UInt8], shape: []),
        Tensor([187] as [UInt8], shape: [1, 1]),
        Tensor([0.08984375] as [Float], shape: []),
        Tensor([91] as [UInt8], shape: []),
        Tensor([44] as [Int32], shape: [1]),
        Tensor([7.0] as [Float], shape: []),
        Tensor([125] as [UInt8], shape: []),
      ],
      gives: [Tensor([119, 125, 122, 115, 121] as [UInt8], shape: [5, 1])], domain: "com.microsoft"),
    Row(
      "FusedConv", 1,
      [
        "group": .int(1), "kernel_shape": .ints([1]), "strides": .ints([2]), "pads": .ints([1, 1]),
        "activation": .string("Tanh"),
      ],
      [
        Tensor(
          [
            0.0, 1.640625, -0.9375, -2.265625, 0.671875, 1.546875, -1.6875, 1.59375, 0.015625,
            -1.078125, 2.265625, -1.828125,
          ] as [Float], shape: [2, 1, 6]),
        Tensor([0.46875] as [Float], shape: [1, 1, 1]),
        Tensor([2.984375] as [Float], shape: [1]),
      ],
      gives: [
        Tensor(
          [
            0.99489814, 0.99890196, 0.9581116, 0.9988011, 0.99489814, 0.9988527, 0.9860443,
            0.9720079,
          ] as [Float], shape: [2, 1, 4])
      ], domain: "com.microsoft"),
    Row(
      "QuickGelu", 1, ["alpha": .float(1.5)],
      [
        Tensor(
          [
            0.53125, -2.015625, -1.71875, -1.265625, 2.671875, -2.078125, -1.109375, 1.328125,
            1.921875, 1.90625, 1.734375, -1.109375, -2.421875, 2.953125, -0.109375, -0.234375,
          ] as [Float], shape: [1, 2, 4, 2, 1, 1])
      ],
      gives: [
        Tensor(
          [
            0.3661936, -0.09348111, -0.12127425, -0.16489248, 2.6241853, -0.0881205, -0.1766318,
            1.168716, 1.8199968, 1.8029337, 1.6146374, -0.1766318, -0.06238886, 2.9183435,
            -0.050211452, -0.09679772,
          ] as [Float], shape: [1, 2, 4, 2, 1, 1])
      ], domain: "com.microsoft"),
    Row(
      "RNN", 14, ["direction": .string("forward"), "hidden_size": .int(1)],
      [
        Tensor([0.609375, 0.75, 0.171875] as [Float], shape: [3, 1, 1]),
        Tensor([-0.921875] as [Float], shape: [1, 1, 1]),
        Tensor([-0.8125] as [Float], shape: [1, 1, 1]),
        Tensor([-0.34375, -0.140625] as [Float], shape: [1, 2]),
        Tensor([2] as [Int32], shape: [1]),
        Tensor([-0.046875] as [Float], shape: [1, 1, 1]),
      ],
      gives: [
        Tensor([-0.764957, -0.50370145, 0.0] as [Float], shape: [3, 1, 1, 1]),
        Tensor([-0.50370145] as [Float], shape: [1, 1, 1]),
      ]),
    Row(
      "GRU", 14,
      ["direction": .string("forward"), "hidden_size": .int(3), "linear_before_reset": .int(0)],
      [
        Tensor([0.578125, 0.578125] as [Float], shape: [1, 1, 2]),
        Tensor(
          [
            0.3125, 0.0625, 0.953125, 0.53125, -0.015625, -0.484375, 0.375, 0.140625, -0.453125,
            0.78125, -0.265625, -0.96875, -0.046875, 0.875, -0.765625, 0.1875, -0.9375, 1.0,
          ] as [Float], shape: [1, 9, 2]),
        Tensor(
          [
            0.296875, -0.4375, 0.203125, -0.015625, -0.96875, 0.375, 0.6875, 0.1875, -0.46875, 0.25,
            -0.40625, 0.734375, 0.25, -0.6875, -0.171875, 0.4375, -0.359375, -0.109375, -0.0625,
            0.828125, 0.21875, 0.90625, 0.6875, -0.109375, 0.640625, -0.28125, -0.75,
          ] as [Float], shape: [1, 9, 3]),
        Tensor(
          [
            0.8125, -0.40625, 0.890625, 1.0, 0.546875, -0.375, 0.8125, 0.296875, 0.90625, -0.046875,
            -0.03125, 0.140625, -0.28125, -0.328125, -0.890625, -0.953125, -0.125, 0.09375,
          ] as [Float], shape: [1, 18]),
        Tensor([1] as [Int32], shape: [1]),
        Tensor([-0.5625, 0.8125, 0.453125] as [Float], shape: [1, 1, 3]),
      ],
      gives: [
        Tensor([-0.14927055, 0.21009101, 0.5076516] as [Float], shape: [1, 1, 1, 3]),
        Tensor([-0.14927055, 0.21009101, 0.5076516] as [Float], shape: [1, 1, 3]),
      ]),
    Row(
      "LSTM", 14, ["direction": .string("reverse"), "hidden_size": .int(1)],
      [
        Tensor(
          [
            0.96875, -0.703125, -0.078125, -0.484375, 0.90625, 0.09375, 0.71875, -0.59375, 0.6875,
            -0.109375, -0.28125, -0.25,
          ] as [Float], shape: [2, 3, 2]),
        Tensor(
          [0.28125, 0.078125, 0.015625, -0.65625, 0.5, 0.234375, -0.21875, 0.453125] as [Float],
          shape: [1, 4, 2]),
        Tensor([-0.015625, -0.015625, 0.96875, -0.34375] as [Float], shape: [1, 4, 1]),
        Tensor(
          [0.09375, -0.609375, -0.953125, 0.703125, 0.484375, 0.890625, -0.25, 0.5625] as [Float],
          shape: [1, 8]),
        Tensor([2, 1, 2] as [Int32], shape: [3]),
        Tensor([0.640625, 0.171875, -0.171875] as [Float], shape: [1, 3, 1]),
        Tensor([-0.078125, -0.5625, 0.15625] as [Float], shape: [1, 3, 1]),
        Tensor([-0.09375, 0.796875, -0.828125] as [Float], shape: [1, 3]),
      ],
      gives: [
        Tensor(
          [0.34244466, 0.20556581, 0.40707245, 0.23454566, 0.0, 0.35371384] as [Float],
          shape: [2, 1, 3, 1]),
        Tensor([0.34244466, 0.20556581, 0.40707245] as [Float], shape: [1, 3, 1]),
        Tensor([0.48687473, 0.3035601, 0.68499804] as [Float], shape: [1, 3, 1]),
      ]),
    Row(
      "HannWindow", 17, ["periodic": .int(0)],
      [Tensor([7] as [Int64], shape: [])],
      gives: [Tensor([0.0, 0.25, 0.75, 1.0, 0.75, 0.25, 0.0] as [Float], shape: [7])]),
    Row(
      "HammingWindow", 17, ["periodic": .int(0)],
      [Tensor([7] as [Int64], shape: [])],
      gives: [
        Tensor(
          [0.0869565, 0.31521738, 0.7717391, 1.0, 0.7717391, 0.31521738, 0.0869565] as [Float],
          shape: [7])
      ]),
    Row(
      "BlackmanWindow", 17, ["periodic": .int(0)],
      [Tensor([2] as [Int64], shape: [])],
      gives: [Tensor([1.4901161e-08, 1.4901161e-08] as [Float], shape: [2])]),
    Row(
      "DFT", 17, ["axis": .int(1), "inverse": .int(0)],
      [
        Tensor(
          [-2.34375, -0.375, -0.671875, -0.84375, -2.734375, -1.5625, -1.1875, 0.9375] as [Float],
          shape: [1, 4, 1, 2])
      ],
      gives: [
        Tensor(
          [-6.9375, -1.84375, -1.3906249, 0.67187494, -3.21875, -2.0312502, 2.1718755, 1.7031246]
            as [Float], shape: [1, 4, 1, 2])
      ]),
    Row(
      "STFT", 17, ["onesided": .int(1)],
      [
        Tensor([1, 2, 3, 4] as [Float], shape: [1, 4, 1]), Tensor(scalar: Int64(2)),
        Tensor([1, 0.5] as [Float]),
      ],
      gives: [Tensor([2, 0, 0, 0, 5, 0, 1, 0] as [Float], shape: [1, 2, 2, 2])]),
  ]
}

extension Tensor {
  /// The elements as float64.
  fileprivate var numbers: [Double] {
    get throws {
      try result("Cast", opset: 13, self, attributes: ["to": .int(11)]).elements(of: Double.self)
    }
  }
}
