import ONNXGraph
import Operators
import Tensors

extension Model {
  /// The same function, computed in float64 wherever the model computes in a narrower
  /// floating-point type.
  ///
  /// Tensors keep their names and constants their values. Inputs are fed as they are declared and
  /// widened inside; outputs of floating point become float64.
  public func inFloat64() -> Model {
    var rewrite = GraphRewrite(graph)
    let floatInputs = graph.inputs.filter { $0.elementType?.isFloatingPoint ?? true }
    let names = Dictionary(
      floatInputs.map { ($0.name, rewrite.converted($0.name, .cast(.float64))) }
    ) { first, _ in first }
    for node in graph.nodes {
      var wide = node.definition?.inFloat64(node) ?? node
      wide.inputs = node.inputs.map { names[$0] ?? $0 }
      for index in node.float32Inputs(opset: opset(of: node)) {
        wide.inputs[index] = rewrite.converted(wide.inputs[index], .cast(.float32))
      }
      rewrite.append(wide)
    }
    var model = self
    model.graph.initializers = graph.initializers.mapValues(\.inFloat64)
    model.graph.nodes = rewrite.nodes
    model.graph.outputs = graph.outputs.map(\.inFloat64)
    model.graph.valueInfos = graph.valueInfos.map(\.inFloat64)
    return model
  }
}

extension Node {
  /// The inputs that ONNX wants to be float32 whatever the node computes in.
  func float32Inputs(opset: Int) -> [Int] {
    (definition?.float32Inputs(opset: opset) ?? []).filter(hasInput).sorted()
  }
}

extension ValueInfo {
  fileprivate var inFloat64: ValueInfo {
    guard elementType?.isFloatingPoint ?? false else { return self }
    return ValueInfo(name: name, elementType: .float64, dimensions: dimensions)
  }
}
