import Kernels
import ONNXGraph
import Tensors

/// Hands a node's operands and attributes to its operator, and knows what was never asked for.
package struct NodeReader: ~Copyable {
  private let node: Node
  /// The version of the operator set the node is written in.
  package let opset: Int
  /// How convolutions are to be computed.
  package let convolution: ConvolutionMethod
  private let operands: [Operand?]
  private var readAttributes: Set<String> = []

  package init(
    node: Node, opset: Int, operands: [Operand?], convolution: ConvolutionMethod = .fastest
  ) {
    self.node = node
    self.opset = opset
    self.operands = operands
    self.convolution = convolution
  }

  /// The number of inputs the node lists, left-out ones included.
  package var inputCount: Int { operands.count }
  /// The number of outputs the node lists, left-out ones included.
  package var outputCount: Int { node.outputs.count }

  /// Whether the node names the output, and so wants it.
  package func names(output index: Int) -> Bool {
    node.outputs.indices.contains(index) && !node.outputs[index].isEmpty
  }

  /// An input that must be there.
  package func operand(_ index: Int) throws -> Operand {
    guard let operand = optionalOperand(index) else {
      throw OperatorError("input \(index) is missing")
    }
    return operand
  }

  /// An input that may be left out.
  package func optionalOperand(_ index: Int) -> Operand? {
    operands.indices.contains(index) ? operands[index] : nil
  }

  /// All inputs, for an operator that takes any number.
  package func operandList() throws -> [Operand] {
    try operands.indices.map { try operand($0) }
  }

  /// The value of an input that decides the result's shape.
  package func value(_ index: Int) throws -> Tensor {
    guard let value = try operand(index).value else { throw ValueNeeded(input: index) }
    return value
  }

  /// The elements of such an input as integers.
  package func integers(_ index: Int) throws -> [Int] {
    let tensor = try value(index)
    switch tensor.elementType {
    case .int64: return tensor.elements(of: Int64.self).map { Int($0) }
    case .int32: return tensor.elements(of: Int32.self).map { Int($0) }
    default:
      throw OperatorError("input \(index) is \(tensor.elementType), expected int64 or int32")
    }
  }

  /// Throws unless the node lists between `range` inputs.
  package func expectInputs(_ range: ClosedRange<Int>) throws {
    guard range.contains(operands.count) else {
      throw OperatorError(
        "\(operands.count) inputs, expected \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// Throws when the node lists more than `count` outputs.
  package func expectOutputs(atMost count: Int) throws {
    guard outputCount <= count else {
      throw OperatorError("\(outputCount) outputs, expected \(count)")
    }
  }

  // MARK: Attributes

  /// Whether the node has this attribute.
  package func has(_ name: String) -> Bool { node.attributes[name] != nil }

  package mutating func int(_ name: String) throws -> Int? { try read(name).int(name) }
  package mutating func float(_ name: String) throws -> Float? { try read(name).float(name) }
  package mutating func string(_ name: String) throws -> String? { try read(name).string(name) }
  package mutating func ints(_ name: String) throws -> [Int]? { try read(name).ints(name) }
  package mutating func floats(_ name: String) throws -> [Float]? { try read(name).floats(name) }
  package mutating func strings(_ name: String) throws -> [String]? {
    try read(name).strings(name)
  }
  package mutating func tensor(_ name: String) throws -> Tensor? { try read(name).tensor(name) }

  /// How many of the last inputs are what the node's graphs read from around it.
  var capturedCount: Int { node.subgraphs?.captured.count ?? 0 }

  /// A graph among the attributes, with what it reads from around the node for its inputs.
  mutating func graphAttribute(_ name: String) -> Graph? {
    readAttributes.insert(name)
    return node.subgraphs?.graphs[name]
  }

  /// A 0-or-1 attribute.
  package mutating func flag(_ name: String, default fallback: Bool) throws -> Bool {
    switch try int(name) {
    case nil: fallback
    case 0: false
    case 1: true
    case let other?: throw OperatorError("attribute \(name) is \(other), expected 0 or 1")
    }
  }

  /// An attribute that names one of a fixed set of modes.
  package mutating func choice<Mode: RawRepresentable & CaseIterable>(
    _ name: String, default fallback: Mode
  ) throws -> Mode where Mode.RawValue == String {
    guard let text = try string(name) else { return fallback }
    guard let mode = Mode(rawValue: text) else {
      let known = Mode.allCases.map { $0.rawValue }.joined(separator: ", ")
      throw OperatorError("attribute \(name) is '\(shown: text)', expected one of: \(known)")
    }
    return mode
  }

  /// Marks an attribute as known and without effect here.
  package mutating func ignore(_ name: String) { readAttributes.insert(name) }

  /// Another operator's node with operands of its own and this node's attributes, but for those read
  /// already; the other refuses those it does not know.
  mutating func preparing(
    _ other: any Operator.Type, _ operands: [Operand?], opset: Int? = nil
  ) throws -> PreparedNode {
    let left = node.attributes.filter { !readAttributes.contains($0.key) }
    readAttributes.formUnion(left.keys)
    let inner = Node(
      operatorType: other.type, inputs: operands.indices.map { operands[$0] == nil ? "" : "\($0)" },
      outputs: ["result"], attributes: left)
    return try prepareNode(
      other, node: inner, opset: opset ?? (self.opset < 7 ? newestOpset : self.opset),
      operands: operands, convolution: convolution)
  }

  /// The node, to read its attributes otherwise; none of them counts as unknown from here on.
  mutating func ignoringAttributes() -> PluginNode {
    readAttributes.formUnion(node.attributes.keys)
    return PluginNode(node)
  }

  /// Throws when the node has an attribute its operator never asked for.
  package consuming func finish() throws {
    let unknown = Set(node.attributes.keys).subtracting(readAttributes).sorted()
    guard unknown.isEmpty else {
      throw OperatorError(
        "unknown attribute \(String.shownList(unknown)) in opset \(opset)")
    }
  }

  /// The node, to read an attribute that is known from now on.
  private mutating func read(_ name: String) -> Node {
    readAttributes.insert(name)
    return node
  }
}
