import ONNXFormat
import Tensors

/// One application of an operator.
public struct Node: Sendable, Equatable {
  /// The operator's domain; `""` is ONNX's own, also when the file spells it `ai.onnx`.
  public var domain: String
  /// The operator's name, such as `Conv`.
  public var operatorType: String
  /// The node's name; may be empty, and need not be unique.
  public var name: String
  /// The names of the tensors it reads, in the operator's order; `""` is an optional input left out.
  public var inputs: [String]
  /// The names of the tensors it makes; `""` is an optional output nobody wants.
  public var outputs: [String]
  public var attributes: [String: Attribute]
  /// The version of the domain's operator set this node is written in, where that is not the
  /// model's own: graphs of different operator sets can be joined in one model.
  public var opset: Int?
  /// The graphs among the attributes, where the node's operator is one whose graphs are run.
  package var subgraphs: Subgraphs?
  package var remainder = Remainder(Onnx_NodeProto())

  public init(
    domain: String = "", operatorType: String, name: String = "", inputs: [String],
    outputs: [String], attributes: [String: Attribute] = [:], opset: Int? = nil
  ) {
    self.domain = domain
    self.operatorType = operatorType
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
    self.opset = opset
  }

  /// The name of an input; `""` where the node lists fewer or leaves it out.
  package func input(_ index: Int) -> String { inputs.indices.contains(index) ? inputs[index] : "" }

  /// The name of an output; `""` where the node lists fewer or leaves it out.
  package func output(_ index: Int) -> String {
    outputs.indices.contains(index) ? outputs[index] : ""
  }

  /// The names of all tensors it needs: its inputs, and what graphs among its attributes read from
  /// outside themselves.
  package var reads: [String] {
    // Among its inputs already.
    if subgraphs != nil { return inputs.filter { !$0.isEmpty } }
    return inputs.filter { !$0.isEmpty }
      + remainder.message.attribute.flatMap { $0.capturedTensors }
  }

  /// The node as messages name it: its operator and its name, or its first output when it has none.
  public var title: String {
    let operatorTitle = (domain.isEmpty ? operatorType : "\(domain).\(operatorType)").shown
    if !name.isEmpty { return "\(operatorTitle) '\(shown: name)'" }
    return "\(operatorTitle) making '\(shown: outputs.first { !$0.isEmpty } ?? "")'"
  }
}

/// The graphs a node runs, such as the branches of an `If`.
package struct Subgraphs: Sendable, Equatable {
  /// What the graphs read from around the node, as they name it: the node's last inputs in order, which
  /// are what the graph around names it.
  package let captured: [String]
  /// By the attributes' names; their last inputs are ``captured``.
  package var graphs: [String: Graph]
}

/// The value of a node's attribute.
public enum Attribute: Sendable, Equatable {
  case int(Int64)
  case float(Float)
  case string(String)
  case ints([Int64])
  case floats([Float])
  case strings([String])
  case tensor(Tensor)
  /// A kind this project has no use for (a graph, a sparse tensor, a type), by its ONNX name.
  case other(String)

  /// The kind as ONNX names it, such as `INTS`.
  public var kind: String {
    switch self {
    case .int: "INT"
    case .float: "FLOAT"
    case .string: "STRING"
    case .ints: "INTS"
    case .floats: "FLOATS"
    case .strings: "STRINGS"
    case .tensor: "TENSOR"
    case .other(let kind): kind
    }
  }
}
