import ONNXGraph
import Tensors
import Testing

/// A mistake that a diagnosis should name, planted in a graph.
struct PlantedMistake: Sendable, CustomTestStringConvertible {
  /// What it is planted in.
  enum Host: Sendable { case plugin, export }

  let id: String
  let host: Host
  /// The numbers that it changes: mistakes in different ones can be planted together.
  let part: String
  let title: String
  private let change: @Sendable (inout Model, [DecodeTail]) -> Void

  var testDescription: String { "\(id): \(title)" }

  init(
    _ id: String, _ host: Host, _ part: String, _ title: String,
    change: @escaping @Sendable (inout Model) -> Void
  ) {
    self.init(id, host, part, title) { model, _ in change(&model) }
  }

  /// - Parameter change: gets the decodes of the three scales as they were before any change.
  init(
    _ id: String, _ host: Host, _ part: String, _ title: String,
    change: @escaping @Sendable (inout Model, [DecodeTail]) -> Void
  ) {
    self.id = id
    self.host = host
    self.part = part
    self.title = title
    self.change = change
  }

  /// A model with mistakes of one host.
  static func plant(_ mistakes: [PlantedMistake], in model: Model) -> Model {
    let tails =
      mistakes.contains { $0.host == .export }
      ? (0..<3).map { DecodeTail(model, scale: $0) } : []
    var changed = model
    for mistake in mistakes { mistake.change(&changed, tails) }
    return changed
  }
}

extension PlantedMistake {
  private static func anchors(
    _ id: String, _ title: String, _ change: @escaping @Sendable ([Float]) -> [Float]
  ) -> PlantedMistake {
    PlantedMistake(id, .plugin, "size", title) { $0.editAnchors(change) }
  }

  /// In the attributes of the plugin, and in the order of its maps.
  static let inPlugin: [PlantedMistake] = [
    anchors("anchors-scales-permuted", "p3 and p5") { Array($0[12...] + $0[6..<12] + $0[..<6]) },
    anchors("anchors-scales-permuted", "p3 and p4") { Array($0[6..<12] + $0[..<6] + $0[12...]) },
    anchors("anchors-scales-permuted", "all moved on") { Array($0[6...] + $0[..<6]) },
    anchors("anchors-within-scale-permuted", "two of p3") {
      Array($0[2..<4] + $0[..<2] + $0[4...])
    },
    anchors("anchors-within-scale-permuted", "all scales reversed") { values in
      (0..<18).map { values[$0 / 6 * 6 + (2 - $0 % 6 / 2) * 2 + $0 % 2] }
    },
    anchors("anchors-wh-swapped", "all") { values in values.indices.map { values[$0 ^ 1] } },
    anchors("anchors-wh-swapped", "p5") { values in
      values.indices.map { $0 < 12 ? values[$0] : values[$0 ^ 1] }
    },
    anchors("anchors-grid-units", "all") { $0.enumerated().map { $1 / Float(8 << ($0 / 6)) } },
    anchors("anchor-value", "one width by 1") { values in
      values.enumerated().map { $0 == 8 ? $1 + 1 : $1 }
    },
    anchors("anchor-value", "one height by 0.3") { values in
      values.enumerated().map { $0 == 3 ? $1 + 0.3 : $1 }
    },
    anchors("anchor-value", "two scales") { values in
      values.enumerated().map { $0 == 5 || $0 == 16 ? $1 * 1.25 : $1 }
    },
    PlantedMistake("heads-permuted", .plugin, "center and size", "reversed") { model in
      model.editPlugin { $0.inputs.reverse() }
    },
    PlantedMistake("heads-permuted", .plugin, "center and size", "p3 and p4") { model in
      model.editPlugin { $0.inputs.swapAt(0, 1) }
    },
    PlantedMistake("stride", .plugin, "center", "max_stride 64") { model in
      model.editPlugin { $0.attributes["max_stride"] = .int(64) }
    },
    PlantedMistake("stride", .plugin, "center", "max_stride 16") { model in
      model.editPlugin { $0.attributes["max_stride"] = .int(16) }
    },
    PlantedMistake("threshold-value", .plugin, "selection", "0.5") { model in
      model.editPlugin { $0.attributes["prenms_score_threshold"] = .float(0.5) }
    },
    PlantedMistake("class-shift", .plugin, "label", "counted from 1") { model in
      let classes = model.plugin.outputs[3]
      model.insert("Add", behind: classes, constants: [Tensor(scalar: Int32(1))])
    },
    PlantedMistake("center-size-boxes", .plugin, "boxes", "given out by the plugin") { model in
      model.insert(
        "MatMul", behind: model.plugin.outputs[1],
        constants: [
          Tensor(
            [0.5, 0, -1, 0, 0, 0.5, 0, -1, 0.5, 0, 1, 0, 0, 0.5, 0, 1] as [Float], shape: [4, 4])
        ])
    },
    PlantedMistake("boxes-scaled", .plugin, "boxes", "to a 1/256") { model in
      model.insert(
        "Mul", behind: model.plugin.outputs[1], constants: [Tensor(scalar: Float(1) / 256)])
    },
  ]

  /// In the maps that the plugin is fed.
  static let inMaps: [PlantedMistake] =
    [
      PlantedMistake("sigmoid-missing", .plugin, "maps", "all maps") { model in
        for map in model.plugin.inputs { model.bypass(model.producer(of: map).name) }
      },
      PlantedMistake("sigmoid-missing", .plugin, "maps", "p4") { model in
        model.bypass(model.producer(of: model.plugin.inputs[1]).name)
      },
      PlantedMistake("sigmoid-twice", .plugin, "maps", "all maps") { model in
        for map in model.plugin.inputs { model.insert("Sigmoid", behind: map) }
      },
      PlantedMistake("attribute-major", .plugin, "maps", "all maps") { model in
        for map in model.plugin.inputs { model.transposeChannels(map) }
      },
      PlantedMistake("rows-columns-exchanged", .plugin, "maps", "all maps") { model in
        for map in model.plugin.inputs {
          model.insert("Transpose", behind: map, attributes: ["perm": .ints([0, 1, 3, 2])])
        }
      },
      PlantedMistake("float16", .plugin, "maps", "all maps") { model in
        for map in model.plugin.inputs { model.round(map, to: 10) }
      },
      PlantedMistake("bfloat16", .plugin, "maps", "all maps") { model in
        for map in model.plugin.inputs { model.round(map, to: 16) }
      },
    ]

  /// In the network before its heads.
  static let inNetwork: [PlantedMistake] = [
    PlantedMistake("rgb-bgr", .plugin, "network", "channels gathered") { model in
      model.insert(
        "Gather", behind: "images", constants: [Tensor([2, 1, 0] as [Int64])],
        attributes: ["axis": .int(1)])
    },
    PlantedMistake("rgb-bgr", .plugin, "network", "in the first weights") { model in
      let stem = model.graph.nodes.first { $0.operatorType == "Conv" }!.inputs[1]
      let shape = model.graph.initializers[stem]!.shape
      let plane = shape[2] * shape[3]
      model.editWeights(stem) { values in
        for output in 0..<shape[0] {
          for place in 0..<plane {
            let first = 3 * plane * output + place
            values.swapAt(first, first + 2 * plane)
          }
        }
      }
    },
    PlantedMistake("input-scaled-twice", .plugin, "network", "a Mul in front") { model in
      model.insert("Mul", behind: "images", constants: [Tensor(scalar: Float(1) / 255)])
    },
    PlantedMistake("input-not-scaled", .plugin, "network", "a Mul in front") { model in
      model.insert("Mul", behind: "images", constants: [Tensor(scalar: Float(255))])
    },
    PlantedMistake("node-resize-mode", .plugin, "network", "linear for nearest") { model in
      for node in model.graph.nodes where node.operatorType == "Resize" {
        model.edit(node.name) { node in
          node.attributes["mode"] = .string("linear")
          node.attributes["coordinate_transformation_mode"] = .string("half_pixel")
        }
      }
    },
    PlantedMistake("node-resize-mode", .plugin, "network", "another nearest pixel") { model in
      for node in model.graph.nodes where node.operatorType == "Resize" {
        model.edit(node.name) { $0.attributes["nearest_mode"] = .string("ceil") }
      }
    },
  ]

  /// In a decode that is written out.
  static let inExport: [PlantedMistake] = [
    onTails("xy-no-offset", "center", "all") { model, tail in
      model.editConstant(of: tail.xyShifted, input: 1) { $0 = $0.map { $0 + 0.5 } }
    },
    onTails("xy-no-offset", "center", "p4", scales: [1]) { model, tail in
      model.editConstant(of: tail.xyShifted, input: 1) { $0 = $0.map { $0 + 0.5 } }
    },
    onTails("xy-no-scale", "center", "all") { model, tail in model.bypass(tail.xyDoubled) },
    onTails("rows-columns-exchanged", "center", "in the grid") { model, tail in
      model.editConstant(of: tail.xyShifted, input: 1) { values in
        values = values.indices.map { values[$0 ^ 1] }
      }
    },
    onTails("stride", "center", "p4 as p5", scales: [1]) { model, tail in
      model.editConstant(of: tail.xyScaled, input: 1) { $0 = $0.map { $0 * 2 } }
    },
    onTails("wh-not-squared", "size", "all") { model, tail in model.bypass(tail.whSquared) },
    onTails("wh-exp", "size", "of the doubled sigmoid") { model, tail in
      model.edit(tail.whSquared) { node in
        node.operatorType = "Exp"
        node.inputs.removeLast()
      }
    },
    onTails("wh-exp", "size", "of the logit") { model, tail in
      // A slice of the cells before the sigmoid takes the place of the doubled sigmoid.
      let names = ["starts", "ends", "axes"].map { "\(tail.whDoubled) \($0)" }
      for (name, value) in zip(names, [2, 4, 4] as [Int64]) {
        model.graph.initializers[name] = Tensor([value])
      }
      model.edit(tail.whDoubled) { node in
        node.operatorType = "Slice"
        node.inputs = [tail.logitsTensor] + names
      }
      model.edit(tail.whSquared) { node in
        node.operatorType = "Exp"
        node.inputs.removeLast()
      }
    },
    onTails("wh-raw", "size", "(2s)^2") { model, tail in model.bypass(tail.whScaled) },
    onTails("wh-raw", "size", "s") { model, tail in
      model.bypass(tail.whScaled)
      model.bypass(tail.whSquared)
      model.bypass(tail.whDoubled)
    },
    onTails("anchor-value", "size", "a width of p5", scales: [2]) { model, tail in
      model.editConstant(of: tail.whScaled, input: 1) { values in
        for index in stride(from: 0, to: values.count / 3, by: 2) { values[index] += 2 }
      }
    },
    onTails("anchors-wh-swapped", "size", "all") { model, tail in
      model.editConstant(of: tail.whScaled, input: 1) { values in
        values = values.indices.map { values[$0 ^ 1] }
      }
    },
    onTails("anchors-grid-units", "size", "p4", scales: [1]) { model, tail in
      model.editConstant(of: tail.whScaled, input: 1) { $0 = $0.map { $0 / 16 } }
    },
    onTails("sigmoid-missing", "maps", "all") { model, tail in model.bypass(tail.values) },
    onTails("sigmoid-twice", "maps", "all") { model, tail in
      model.insert("Sigmoid", behind: tail.valuesTensor)
    },
    onTails("class-shift", "classes", "around the end") { model, tail in
      let classes = model.plannedClassCount
      model.insert(
        "Gather", behind: tail.scoresTensor,
        constants: [Tensor([0, Int64(classes)] + (1..<classes).map { Int64($0) })],
        attributes: ["axis": .int(-1)])
    },
    onTails("center-size-boxes", "boxes", "corners given out") { model, tail in
      let width = 5 + model.plannedClassCount
      var matrix = (0..<width * width).map { Float($0 / width == $0 % width ? 1 : 0) }
      for axis in 0..<2 {
        matrix[(2 + axis) * width + axis] = -0.5
        matrix[axis * width + 2 + axis] = 1
        matrix[(2 + axis) * width + 2 + axis] = 0.5
      }
      model.insert(
        "MatMul", behind: tail.decodedTensor, constants: [Tensor(matrix, shape: [width, width])])
    },
  ]

  private static func onTails(
    _ id: String, _ part: String, _ title: String, scales: [Int] = [0, 1, 2],
    _ change: @escaping @Sendable (inout Model, DecodeTail) -> Void
  ) -> PlantedMistake {
    PlantedMistake(id, .export, part, title) { model, tails in
      for scale in scales { change(&model, tails[scale]) }
    }
  }
}

extension Model {
  /// The classes that the metadata names.
  var plannedClassCount: Int {
    metadata["names"]!.filter { $0 == "," }.count + 1
  }

  /// Reads the channels of a map as attribute by attribute.
  fileprivate mutating func transposeChannels(_ map: String) {
    let width = 5 + plannedClassCount
    let side = graph.inputs[0].dimensions.flatMap { dimensions -> Int? in
      if case .fixed(let side) = dimensions[2] { side } else { nil }
    }!
    let place = plugin.inputs.firstIndex(of: map)!
    let cells = side / (8 << place)
    let shapes = [[1, width, 3, cells, cells], [1, 3 * width, cells, cells]].map {
      Tensor($0.map { Int64($0) })
    }
    insert("Reshape", behind: map, constants: [shapes[1]])
    insert(
      "Transpose", behind: "\(map).before Reshape", attributes: ["perm": .ints([0, 2, 1, 3, 4])])
    insert("Reshape", behind: "\(map).before Reshape.before Transpose", constants: [shapes[0]])
  }

  /// Casts a tensor to a type of TensorProto and back to float32.
  mutating func round(_ tensor: String, to type: Int64) {
    insert("Cast", behind: tensor, attributes: ["to": .int(1)])
    insert("Cast", behind: "\(tensor).before Cast", attributes: ["to": .int(type)])
  }
}
