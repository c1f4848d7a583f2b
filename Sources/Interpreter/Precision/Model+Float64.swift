import Kernels
import ONNXFormat
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
      var wide = node.inFloat64
      wide.inputs = node.inputs.map { names[$0] ?? $0 }
      if let scales = node.scalesInput(opset: opset(of: node)) {
        wide.inputs[scales] = rewrite.converted(wide.inputs[scales], .cast(.float32))
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
  /// The node with the floating-point types and constants it names widened.
  fileprivate var inFloat64: Node {
    guard domain.isEmpty else { return self }
    var wide = self
    switch operatorType {
    case "Constant":
      switch attributes.first {
      case ("value", .tensor(let tensor))?: wide.attributes = ["value": .tensor(tensor.inFloat64)]
      case ("value_float", .float(let value))?:
        wide.attributes = ["value": .tensor(Tensor(scalar: Double(value)))]
      case ("value_floats", .floats(let values))?:
        wide.attributes = ["value": .tensor(Tensor(values.map { Double($0) }))]
      default: break
      }
    case "ConstantOfShape":
      switch attributes["value"] {
      case nil: wide.attributes["value"] = .tensor(Tensor([0.0]))
      case .tensor(let tensor)?: wide.attributes["value"] = .tensor(tensor.inFloat64)
      default: break
      }
    case "Cast":
      if case .int(let code)? = attributes["to"], let type = ElementType(onnxCode: Int(code)),
        type.isFloatingPoint
      {
        wide.attributes["to"] = .int(Int64(ElementType.float64.onnxCode))
      }
    default: break
    }
    return wide
  }

  /// The input of a `Resize` or `Upsample` that ONNX wants to be float32 whatever is resized.
  func scalesInput(opset: Int) -> Int? {
    guard domain.isEmpty, operatorType == "Resize" || operatorType == "Upsample" else { return nil }
    let index = operatorType == "Resize" && opset >= 11 ? 2 : 1
    return inputs.indices.contains(index) && !inputs[index].isEmpty ? index : nil
  }
}

extension Tensor {
  fileprivate var inFloat64: Tensor {
    elementType.isFloatingPoint ? cast(to: .float64, team: ThreadTeam(threadCount: 1)) : self
  }
}

extension ValueInfo {
  fileprivate var inFloat64: ValueInfo {
    guard elementType?.isFloatingPoint ?? false else { return self }
    return ValueInfo(name: name, elementType: .float64, dimensions: dimensions)
  }
}
