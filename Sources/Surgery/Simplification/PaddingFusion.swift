import ONNXGraph
import Operators
import Tensors

/// Has convolutions pad their input themselves.
///
/// Only convolutions, and only zeros: a pooling pads with nothing, so that zeros before it are not
/// its own padding.
enum PaddingFusion: SimplificationPass {
  static func applied(to model: Model) throws(ModelError) -> Graph? {
    let graph = model.graph
    let producers = graph.producers()
    var rewrite = GraphRewrite(graph)
    for (index, node) in graph.nodes.enumerated() where node.applies(Conv.self) {
      guard let source = node.inputs.first, let place = producers[source],
        let pads = zeros(paddedBy: graph.nodes[place], graph, opset: model.opsets[""] ?? 0),
        let joined = node.padding(pads, in: graph)
      else { continue }
      var fused = joined
      fused.inputs[0] = graph.nodes[place].input(0)
      rewrite.replace(nodeAt: index, by: fused)
    }
    return rewrite.isEmpty ? nil : try rewrite.applied(to: graph)
  }

  /// Zeros a Pad puts before and after each axis, where it puts zeros.
  private static func zeros(paddedBy node: Node, _ graph: Graph, opset: Int) -> [Int]? {
    guard node.applies(Pad.self), node.outputs.count == 1 else { return nil }
    if let mode = node.attributes["mode"], mode != .string("constant") { return nil }
    var pads: [Int64]
    if opset < 11 {
      guard case .ints(let given) = node.attributes["pads"],
        node.attributes["value"] ?? .float(0) == .float(0)
      else { return nil }
      pads = given
    } else {
      guard node.inputs.count > 1, let given = graph.initializers[node.input(1)],
        given.elementType == .int64
      else { return nil }
      if node.inputs.count > 2, !node.input(2).isEmpty {
        guard let value = graph.initializers[node.input(2)], value.elementType == .float32,
          value.elements(of: Float.self) == [0]
        else { return nil }
      }
      guard node.inputs.count < 4 || node.input(3).isEmpty else { return nil }
      pads = given.elements(of: Int64.self)
    }
    // Negative numbers crop.
    guard pads.allSatisfy({ (0..<1 << 20).contains($0) }) else { return nil }
    return pads.map { Int($0) }
  }
}

extension Node {
  /// The convolution with zeros added around its input; `nil` when it cannot add them itself.
  fileprivate func padding(_ zeros: [Int], in graph: Graph) -> Node? {
    let rank = zeros.count / 2 - 2
    guard rank > 0, zeros.count % 2 == 0,
      zeros[0..<2] == [0, 0], zeros[rank + 2..<rank + 4] == [0, 0],
      attributes["auto_pad"] ?? .string("NOTSET") == .string("NOTSET")
    else { return nil }
    var pads = [Int64](repeating: 0, count: 2 * rank)
    if case .ints(let own) = attributes["pads"] {
      guard own.count == pads.count, own.allSatisfy({ (0..<1 << 30).contains($0) }) else {
        return nil
      }
      pads = own
    }
    for axis in 0..<rank {
      pads[axis] += Int64(zeros[axis + 2])
      pads[axis + rank] += Int64(zeros[axis + rank + 4])
    }
    var padded = self
    padded.attributes["pads"] = .ints(pads)
    return padded
  }
}
