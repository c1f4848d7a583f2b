import ONNXGraph
import Tensors
import Testing
import Verification

/// Deliberately wrong patches: none may pass.
struct WrongPatchTests {
  @Test(arguments: Self.attributes + Self.wiring + Self.sigmoids + Self.network)
  func pluginPatch(_ fault: ModelEdit) throws {
    let report = try TinyDetector.compare(fault(TinyDetector.plugin()))
    #expect(report.verdict == .different, "\(report.text)")
    #expect(!report.reasons.isEmpty)
  }

  @Test(arguments: Self.refusals)
  func refusedPatch(_ fault: ModelEdit) throws {
    let report = try TinyDetector.compare(fault(TinyDetector.plugin()))
    #expect(report.verdict == .undecided, "\(report.text)")
    #expect(report.failures.count == 1)
    #expect(report.failures.allSatisfy { $0.hasPrefix("patched.onnx: ") && !$0.contains("\n") })
  }

  @Test(arguments: Self.incomparable)
  func incomparablePatch(_ fault: ModelEdit) throws {
    let report = try TinyDetector.compare(fault(TinyDetector.plugin()))
    #expect(report.verdict == .undecided, "\(report.text)")
    #expect(report.reasons.count == 1)
  }

  @Test(arguments: Self.tails + Self.network)
  func rewrittenExport(_ fault: ModelEdit) throws {
    let report = try TinyDetector.compare(fault(TinyDetector.original()))
    #expect(report.verdict == .different, "\(report.text)")
  }

  @Test(arguments: Self.network)
  func headsOnly(_ fault: ModelEdit) throws {
    let report = try TinyDetector.compare(fault(TinyDetector.heads()))
    #expect(report.verdict == .different, "\(report.text)")
  }
}

// MARK: Faults of the plugin's node

extension WrongPatchTests {
  private static func anchors(
    _ title: String, _ change: @escaping @Sendable ([Float]) -> [Float]
  ) -> ModelEdit {
    ModelEdit(title) { model in
      model.edit("YoloLayer") { node in
        guard case .floats(let values) = node.attributes["anchors"] else { return }
        node.attributes["anchors"] = .floats(change(values))
      }
    }
  }

  private static func attribute(_ name: String, _ value: Attribute?) -> ModelEdit {
    ModelEdit("\(name) is \(value.map { "\($0)" } ?? "absent")") { model in
      model.edit("YoloLayer") { $0.attributes[name] = value }
    }
  }

  static let attributes: [ModelEdit] =
    (0..<9).map { anchor in
      anchors("anchor \(anchor) one pixel wider") { values in
        var values = values
        values[2 * anchor] += 1
        return values
      }
    } + [
      anchors("anchors of the scales permuted") { Array($0[12...] + $0[6..<12] + $0[..<6]) },
      anchors("anchors permuted within a scale") { values in
        Array(values[2..<4] + values[..<2] + values[4...])
      },
      anchors("width and height of anchors exchanged") { values in
        values.indices.map { values[$0 ^ 1] }
      },
      anchors("anchors in cells") { values in
        values.enumerated().map { $1 / Float(TinyDetector.strides[$0 / 6]) }
      },
      anchors("anchors a thousandth larger") { $0.map { $0 * 1.001 } },
      attribute("max_stride", .int(16)),
      attribute("max_stride", .int(64)),
      attribute("prenms_score_threshold", .float(0.5)),
      attribute("prenms_score_threshold", .float(Float(0.25).nextUp)),
    ]

  static let refusals: [ModelEdit] = [
    attribute(
      "anchors", .ints([5, 6, 8, 15, 16, 11, 15, 30, 31, 22, 29, 59, 58, 45, 78, 99, 1, 1])),
    attribute("anchors", nil),
    anchors("an anchor too few") { Array($0.dropLast()) },
    anchors("an anchor is NaN") { $0.dropLast() + [.nan] },
    attribute("num_classes", .int(3)),
    attribute("num_classes", .int(5)),
    attribute("num_classes", nil),
    attribute("num_classes", .float(4)),
    attribute("max_stride", .int(0)),
    attribute("max_stride", .int(-32)),
    attribute("max_stride", .int(.max)),
    attribute("prenms_score_threshold", .float(.nan)),
    attribute("num_classes", .ints([4, 4])),
    ModelEdit("two maps") { $0.edit("YoloLayer") { $0.inputs.removeLast() } },
    ModelEdit("no such operator") { $0.edit("YoloLayer") { $0.operatorType = "YoloLayer" } },
  ]

  static let wiring: [ModelEdit] = [
    ModelEdit("maps exchanged") { $0.edit("YoloLayer") { $0.inputs.swapAt(0, 1) } },
    ModelEdit("maps coarsest first") { $0.edit("YoloLayer") { $0.inputs.reverse() } },
    ModelEdit("boxes given out as scores") { model in
      model.edit("YoloLayer") { $0.outputs.swapAt(1, 2) }
    },
    ModelEdit("no classes given out") { $0.graph.outputs.removeLast() },
    ModelEdit("boxes scaled behind the plugin") { model in
      model.insert(
        "Mul", behind: "DecodeDetectionBoxes", constants: [Tensor(scalar: Float(1.001))])
    },
    ModelEdit("boxes divided by the input's width") { model in
      model.insert("Div", behind: "DecodeDetectionBoxes", constants: [Tensor(scalar: Float(96))])
    },
    ModelEdit("classes counted from 1") { model in
      model.insert("Add", behind: "DecodeDetectionClasses", constants: [Tensor(scalar: Int32(1))])
    },
    ModelEdit("scores squared behind the plugin") { model in
      model.insert(
        "Pow", behind: "DecodeDetectionScores", constants: [Tensor(scalar: Float(2))])
    },
  ]

  /// Patches whose cells are not those of the original.
  static let incomparable: [ModelEdit] = [
    ModelEdit("one map twice") { $0.edit("YoloLayer") { $0.inputs[0] = $0.inputs[1] } },
    ModelEdit("rows and columns exchanged") { model in
      for scale in 0..<3 {
        model.insert(
          "Transpose", behind: "p\(scale + 3)", attributes: ["perm": .ints([0, 1, 3, 2])])
      }
    },
  ]

  static let sigmoids: [ModelEdit] =
    (0..<3).map { scale in
      ModelEdit("no sigmoid on map \(scale)") { $0.bypass("map\(scale)") }
    }
    + (0..<3).map { scale in
      ModelEdit("two sigmoids on map \(scale)") { $0.insert("Sigmoid", behind: "p\(scale + 3)") }
    } + [
      ModelEdit("a hard sigmoid on a map") { $0.edit("map1") { $0.operatorType = "HardSigmoid" } },
      ModelEdit("a map rounded to float16") { model in
        model.insert("Cast", behind: "p4", attributes: ["to": .int(1)])
        model.insert("Cast", behind: "p4.before Cast", attributes: ["to": .int(10)])
      },
    ]
}

// MARK: Faults of the network, in whatever the graph ends

extension WrongPatchTests {
  /// The place of a head's output channel among its weights: 16 inputs each.
  private static func exchangeChannels(_ model: inout Model, _ head: String, _ a: Int, _ b: Int) {
    model.editWeights("\(head).weight") { values in
      for input in 0..<16 { values.swapAt(16 * a + input, 16 * b + input) }
    }
    model.editWeights("\(head).bias") { $0.swapAt(a, b) }
  }

  static let network: [ModelEdit] = [
    ModelEdit("classes exchanged on one anchor") { exchangeChannels(&$0, "head2", 18 + 5, 18 + 8) },
    ModelEdit("anchors exchanged in a head") { model in
      for channel in 0..<9 { exchangeChannels(&model, "head0", channel, channel + 9) }
    },
    ModelEdit("x and y exchanged") { exchangeChannels(&$0, "head1", 0, 1) },
    ModelEdit("heads exchanged") { model in
      model.edit("head1.conv") { $0.inputs[1...] = ["head2.weight", "head2.bias"] }
    },
    ModelEdit("a bias lost") { $0.editWeights("head0.bias") { $0[4] = 0 } },
    ModelEdit("a bias of a class changed a little") {
      $0.editWeights("head2.bias") { $0[26] += 1e-3 }
    },
    ModelEdit("a weight is NaN") { $0.editWeights("down5.weight") { $0[7] = .nan } },
    ModelEdit("a weight is infinite") { $0.editWeights("head0.weight") { $0[3] = .infinity } },
    ModelEdit("weights off by a thousandth") {
      $0.editWeights("down3.weight") { $0 = $0.map { $0 * 1.001 } }
    },
    ModelEdit("weights rounded to float16") { model in
      model.editWeights("mix.weight") { $0 = $0.map { Half($0).float } }
    },
    ModelEdit("weights rounded to bfloat16") { model in
      model.editWeights("stem.weight") { $0 = $0.map { BFloat16($0).float } }
    },
    ModelEdit("red and blue exchanged") { model in
      model.editWeights("stem.weight") { values in
        for output in 0..<8 {
          for place in 0..<9 { values.swapAt(27 * output + place, 27 * output + 18 + place) }
        }
      }
    },
    ModelEdit("input scaled twice") { model in
      model.insert("Mul", behind: "images", constants: [Tensor(scalar: Float(1) / 255)])
    },
    ModelEdit("a block's sigmoid is hard") {
      $0.edit("down4.gate") { $0.operatorType = "HardSigmoid" }
    },
    ModelEdit("a block without its gate") { model in
      model.edit("down4.silu") { $0.inputs[1] = $0.inputs[0] }
    },
    ModelEdit("another nearest pixel") {
      $0.edit("up") { $0.attributes["nearest_mode"] = .string("ceil") }
    },
    ModelEdit("linear for nearest") { model in
      model.edit("up") { node in
        node.attributes["mode"] = .string("linear")
        node.attributes["coordinate_transformation_mode"] = .string("half_pixel")
      }
    },
    ModelEdit("a smaller pooling window") { model in
      model.edit("pool") { node in
        node.attributes["kernel_shape"] = .ints([3, 3])
        node.attributes["pads"] = .ints([1, 1, 1, 1])
      }
    },
    ModelEdit("average for maximum") { $0.edit("pool") { $0.operatorType = "AveragePool" } },
    ModelEdit("padding on the other side") { model in
      model.edit("down3.conv") { $0.attributes["pads"] = .ints([0, 0, 2, 2]) }
    },
    ModelEdit("the edge padded for zeros") { model in
      model.edit("mix.conv") { $0.attributes["pads"] = .ints([0, 0, 0, 0]) }
      model.insert(
        "Pad", behind: "join", constants: [Tensor([0, 0, 1, 1, 0, 0, 1, 1] as [Int64])],
        attributes: ["mode": .string("edge")])
    },
    ModelEdit("concatenated in the other order") { $0.edit("join") { $0.inputs.reverse() } },
    ModelEdit("a residual left out") { $0.edit("sum") { $0.inputs[1] = $0.inputs[0] } },
  ]
}

// MARK: Faults of a decode that is written out

extension WrongPatchTests {
  static let tails: [ModelEdit] =
    (0..<3).flatMap { scale in
      [
        ModelEdit("no half subtracted on scale \(scale)") { model in
          model.editWeights("decode\(scale).grid") { $0 = $0.map { $0 + 0.5 } }
        },
        ModelEdit("stride of scale \(scale) doubled") { model in
          model.editWeights("decode\(scale).stride") { $0[0] *= 2 }
        },
        ModelEdit("one anchor of scale \(scale) a pixel off") { model in
          model.editWeights("decode\(scale).anchors") { values in
            let plane = values.count / 3
            for index in 2 * plane..<values.count { values[index] += 1 }
          }
        },
      ]
    } + [
      ModelEdit("xy not doubled") { $0.bypass("decode1.xy.twice") },
      ModelEdit("wh not squared") { $0.bypass("decode2.wh.squared") },
      ModelEdit("wh exponential") {
        $0.edit("decode2.wh.squared") { node in
          node.operatorType = "Exp"
          node.inputs.removeLast()
        }
      },
      ModelEdit("wh raw") { $0.bypass("decode0.wh.scaled") },
      ModelEdit("no sigmoid") { $0.bypass("decode0.values") },
      ModelEdit("columns and rows of a grid exchanged") { model in
        model.editWeights("decode1.grid") { values in
          values = values.indices.map { values[$0 ^ 1] }
        }
      },
    ]
}
