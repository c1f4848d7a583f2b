import ONNXGraph
import Operators
import Tensors

/// Multiplies a BatchNormalization of constants into the weights of the convolution before it.
///
/// In float64, rounded once: `w' = w * s`, `b' = (b - mean) * s + bias` with
/// `s = scale / sqrt(variance + epsilon)`.
enum NormalizationFusion: SimplificationPass {
  static let changesRounding = true

  static func applied(to model: Model) throws(ModelError) -> Graph? {
    let graph = model.graph
    let producers = graph.producers()
    let consumers = graph.consumers()
    let outputs = Set(graph.outputs.map(\.name))
    var rewrite = GraphRewrite(graph)
    let taken = graph.tensorNames
    for (index, node) in graph.nodes.enumerated() where node.applies(BatchNormalization.self) {
      guard let input = node.inputs.first, !node.output(0).isEmpty, let place = producers[input],
        graph.nodes[place].applies(Conv.self), consumers[input] == [index],
        !outputs.contains(input), node.outputs.dropFirst().allSatisfy(\.isEmpty),
        node.attributes["training_mode"] ?? .int(0) == .int(0),
        let (weight, bias) = folded(graph.nodes[place], node, graph)
      else { continue }
      var fused = graph.nodes[place]
      let names = ["weight", "bias"].map { taken.freeName("\(node.output(0)).\($0)") }
      rewrite.add(constant: names[0], weight)
      rewrite.add(constant: names[1], bias)
      fused.inputs = [fused.input(0)] + names
      fused.outputs = [node.output(0)]
      rewrite.replace(nodeAt: index, by: fused)
      rewrite.remove(nodeAt: place)
    }
    return rewrite.isEmpty ? nil : try rewrite.applied(to: graph)
  }

  private static func folded(
    _ conv: Node, _ norm: Node, _ graph: Graph
  ) -> (weight: Tensor, bias: Tensor)? {
    func floats(_ name: String) -> [Double]? {
      guard let tensor = graph.initializers[name], tensor.elementType == .float32 else {
        return nil
      }
      return tensor.elements(of: Float.self).map { Double($0) }
    }
    guard conv.inputs.count > 1, norm.inputs.count == 5,
      let shape = graph.initializers[conv.input(1)]?.shape, let channels = shape.first,
      let weight = floats(conv.input(1)), let scale = floats(norm.input(1)),
      let offset = floats(norm.input(2)), let mean = floats(norm.input(3)),
      let variance = floats(norm.input(4)),
      [scale, offset, mean, variance].allSatisfy({ $0.count == channels }), channels > 0
    else { return nil }
    var bias = [Double](repeating: 0, count: channels)
    if conv.inputs.count > 2, !conv.input(2).isEmpty {
      guard let own = floats(conv.input(2)), own.count == channels else { return nil }
      bias = own
    }
    var epsilon = 1e-5
    if case .float(let given) = norm.attributes["epsilon"] { epsilon = Double(given) }
    let factors = zip(scale, variance).map { $0 / ($1 + epsilon).squareRoot() }
    let size = weight.count / channels
    return (
      Tensor(weight.indices.map { Float(weight[$0] * factors[$0 / size]) }, shape: shape),
      Tensor(
        (0..<channels).map { Float((bias[$0] - mean[$0]) * factors[$0] + offset[$0]) })
    )
  }
}
