import BoxMath
import Detection
import Interpreter
import ONNXGraph
import Surgery
import Tensors

extension Inspection {
  /// How a detector's heads become boxes, finest scale first.
  public struct DecodeParameters: Sendable, Codable, Equatable {
    /// Pixels of the network's input per cell, across.
    public var strides: [Figure]
    /// For each scale the widths and heights of its anchors, in pixels.
    public var anchors: [[Figure]]
    public var classes: Int

    init(_ decode: RecoveredDecode) {
      strides = decode.scales.map { Figure($0.strideX) }
      anchors = decode.scales.map { scale in
        scale.anchors.flatMap { [Figure($0.width), Figure($0.height)] }
      }
      classes = decode.classCount
    }
  }

  /// A detection plugin's node.
  public struct Plugin: Sendable, Codable, Equatable {
    public var node: String
    public var attributes: [PluginAttribute]
  }

  /// An attribute, and what the graph's shapes say it should be, where they do.
  public struct PluginAttribute: Sendable, Codable, Equatable {
    public var name: String
    public var value: String
    public var graph: String?
  }

  /// One node.
  public struct Layer: Sendable, Codable, Equatable {
    public var name: String
    public var operatorType: String
    public var inputs: [String]
    public var outputs: [TensorInfo]
    /// Of a convolution or matrix product whose shapes are known.
    public var multiplyAdds: Int?
  }
}

extension Inspection.Layer {
  /// - Parameter multiplyAdds: of each node, by its first output.
  init(_ node: Node, _ resolved: ResolvedGraph?, multiplyAdds counts: [String: Int]) {
    name = node.name
    operatorType = node.domain.isEmpty ? node.operatorType : "\(node.domain).\(node.operatorType)"
    inputs = node.inputs
    outputs = node.outputs.filter { !$0.isEmpty }.map { output in
      Inspection.TensorInfo(ValueInfo(name: output), resolved: resolved?.description(of: output))
    }
    multiplyAdds = counts[node.outputs.first ?? ""].flatMap { $0 == 0 ? nil : $0 }
  }
}

extension Inspection.Plugin {
  /// The graph's detection plugins; `nil` when there are none.
  static func all(in model: Model, _ resolved: ResolvedGraph?) -> [Inspection.Plugin]? {
    let nodes = model.graph.nodes.filter { $0.operatorType.hasSuffix("_TRT") }
    guard !nodes.isEmpty else { return nil }
    return nodes.map { node in
      let expected = expectations(of: node, model, resolved)
      return Inspection.Plugin(
        node: node.title,
        attributes: node.attributes.sorted { $0.key < $1.key }.map { name, value in
          Inspection.PluginAttribute(name: name, value: value.text, graph: expected[name])
        })
    }
  }

  /// What shapes and metadata say of attributes.
  private static func expectations(
    of node: Node, _ model: Model, _ resolved: ResolvedGraph?
  ) -> [String: String] {
    var expected: [String: String] = [:]
    guard let resolved, let last = node.inputs.last,
      let map = resolved.description(of: last)?.shape
    else { return expected }
    if node.operatorType == YoloLayerParameters.operatorType, map.rank == 4, map[3] > 0 {
      let each = YoloLayerParameters.anchorsPerMap
      if map[1] % each == 0 { expected["num_classes"] = "\(map[1] / each - 5)" }
      let image = model.graph.inputs.lazy.compactMap { resolved.description(of: $0.name)?.shape }
        .first { $0.rank == 4 }
      if let image, image[3] % map[3] == 0 { expected["max_stride"] = "\(image[3] / map[3])" }
    } else if map.rank == 3 {
      // Scores [N, A, nc].
      expected["numClasses"] = "\(map[2])"
    }
    return expected
  }
}

extension Attribute {
  /// The value as text, lists in short.
  fileprivate var text: String {
    switch self {
    case .int(let value): "\(value)"
    case .float(let value): value.plain
    case .string(let value): "'\(shown: value)'"
    case .ints(let values): "INTS " + values.map { "\($0)" }.joined(separator: ",")
    case .floats(let values): values.map(\.plain).joined(separator: ",")
    case .strings(let values): values.map { "'\(shown: $0)'" }.joined(separator: ",")
    case .tensor(let tensor): "tensor \(tensor.elementType)\(tensor.shape)"
    case .other(let kind): kind
    }
  }
}
