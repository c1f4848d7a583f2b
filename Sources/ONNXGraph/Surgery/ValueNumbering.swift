import Tensors

/// Numbers for the values of graphs: equal numbers are proven to be equal values.
///
/// A constant's number stands for its element type, shape and bytes; a node's result's for the
/// node's operator, its version, attributes and the numbers of its inputs. Hashes only find the
/// candidates, equality is decided on the content itself.
package struct ValueNumbering {
  package typealias Number = Int

  private enum Value: Hashable {
    case input(Int)
    case constant(TensorContent)
  }

  private let traits: @Sendable (Node, Int) -> OperatorTraits
  private var values: [Value: Number] = [:]
  private var results: [NodeContent: Range<Number>] = [:]
  private var count = 0

  /// - Parameter traits: what is known of a node's operator in a version of its set.
  package init(traits: @escaping @Sendable (Node, Int) -> OperatorTraits) {
    self.traits = traits
  }

  package mutating func number(ofInput index: Int) -> Number { number(of: .input(index)) }

  package mutating func number(of constant: Tensor) -> Number {
    number(of: .constant(TensorContent(constant)))
  }

  /// The numbers of a node's outputs, in order, and whether the node is one not seen before.
  package mutating func numbers(
    of node: Node, opset: Int, inputs: [Number?]
  ) -> (outputs: Range<Number>, isNew: Bool) {
    guard let content = NodeContent(node, traits(node, opset), inputs: inputs) else {
      return (take(node.outputs.count), true)
    }
    if let known = results[content] { return (known, false) }
    let outputs = take(node.outputs.count)
    results[content] = outputs
    return (outputs, true)
  }

  private mutating func number(of value: Value) -> Number {
    if let known = values[value] { return known }
    let number = take(1).lowerBound
    values[value] = number
    return number
  }

  private mutating func take(_ amount: Int) -> Range<Number> {
    defer { count += amount }
    return count..<count + amount
  }
}

/// What decides whether two nodes of one operator compute the same.
package struct OperatorTraits: Sendable {
  /// Nodes of equal versions, attributes and inputs compute the same.
  let version: Int
  /// Whether its two inputs may change places without changing a bit of the result.
  let commutes: Bool
  /// Whether two runs of one node may give different results.
  let isRandom: Bool

  package init(version: Int, commutes: Bool = false, isRandom: Bool = false) {
    self.version = version
    self.commutes = commutes
    self.isRandom = isRandom
  }
}

/// A tensor as its type, shape and bits.
struct TensorContent: Hashable {
  let tensor: Tensor
  /// Of a few pieces, which tell weights apart; equality then looks at every byte.
  private let digest: Int

  init(_ tensor: Tensor) {
    self.tensor = tensor
    var hasher = Hasher()
    hasher.combine(tensor.elementType)
    hasher.combine(tensor.shape)
    tensor.withUnsafeBytes { bytes in
      let step = max(bytes.count / 4, 1)
      for start in stride(from: 0, to: bytes.count, by: step) {
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes[start...].prefix(64)))
      }
    }
    digest = hasher.finalize()
  }

  func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}

/// All of a node that decides its results.
private struct NodeContent: Hashable {
  private let domain: String
  private let operatorType: String
  private let version: Int
  private let inputs: [ValueNumbering.Number?]
  /// Which of its outputs are wanted.
  private let outputs: [Bool]
  private let attributes: [String: AttributeContent]

  /// `nil` for a node that is like no other: one of a random operator, or with an attribute whose
  /// content cannot be compared.
  init?(_ node: Node, _ traits: OperatorTraits, inputs: [ValueNumbering.Number?]) {
    guard !traits.isRandom else { return nil }
    var attributes: [String: AttributeContent] = [:]
    for (name, attribute) in node.attributes {
      guard let content = AttributeContent(attribute) else { return nil }
      attributes[name] = content
    }
    domain = node.domain
    operatorType = node.operatorType
    version = traits.version
    // An optional input left out at the end may be listed or not.
    let listed = inputs.lastIndex { $0 != nil }.map { Array(inputs[...$0]) } ?? []
    let commutes = traits.commutes && inputs.count == 2
    self.inputs = commutes ? inputs.sorted { ($0 ?? -1) < ($1 ?? -1) } : listed
    outputs = node.outputs.map { !$0.isEmpty }
    self.attributes = attributes
  }
}

/// An attribute by its bits: -0 is not 0, and a NaN is itself.
private enum AttributeContent: Hashable {
  case int(Int64)
  case float(UInt32)
  case string(String)
  case ints([Int64])
  case floats([UInt32])
  case strings([String])
  case tensor(TensorContent)

  init?(_ attribute: Attribute) {
    switch attribute {
    case .int(let value): self = .int(value)
    case .float(let value): self = .float(value.bitPattern)
    case .string(let value): self = .string(value)
    case .ints(let values): self = .ints(values)
    case .floats(let values): self = .floats(values.map { $0.bitPattern })
    case .strings(let values): self = .strings(values)
    case .tensor(let tensor): self = .tensor(TensorContent(tensor))
    case .other: return nil
    }
  }
}
