import ONNXGraph

/// What is true of an operator beside what it computes: what graphs are compared, rewritten and
/// rounded by.
///
/// Each fact has a default, and stands in the operator's own file where it is another.
package protocol OperatorFacts {
  /// The versions of the operator set, 8 or later, that changed what a node means.
  static var revisions: [Revision] { get }
  /// Whether results are sums of many products or values, so that another order gives other bits.
  static var accumulates: Bool { get }
  /// Whether the two inputs may change places without changing a bit of the result.
  static var commutes: Bool { get }
  /// Whether the operator is linear in its first input with weights for the second, each channel of
  /// the result made of all or a group of the input's: a convolution or a matrix product.
  static var mixesChannels: Bool { get }
  /// Whether each element of the results is an element of an input, used once at most and the same
  /// but for its type's precision.
  static var rearranges: Bool { get }
  /// Whether results depend on the inputs' shapes alone.
  static var readsShapesOnly: Bool { get }
  /// Whether which elements the results are of, or how many, depends on their values: where two are
  /// equal, or one lies on a border, rounding decides.
  static var choosesByValue: Bool { get }
  /// Whether two runs of a node may give different results.
  static var isRandom: Bool { get }
  /// Inputs that stay float32 when everything else is computed in another type.
  static func float32Inputs(opset: Int) -> Set<Int>
  /// The node with the types and constants its attributes name widened to float64.
  static func inFloat64(_ node: Node) -> Node
  /// The results for all sizes of the open dimensions; `nil` where nothing is known.
  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]?
  /// Whether the first result is the first input for all sizes of the open dimensions.
  static func isIdentity(_ node: SymbolicNode) -> Bool
}

extension OperatorFacts {
  package static var revisions: [Revision] { [] }
  package static var accumulates: Bool { false }
  package static var commutes: Bool { false }
  package static var mixesChannels: Bool { false }
  package static var rearranges: Bool { false }
  package static var readsShapesOnly: Bool { false }
  package static var choosesByValue: Bool { false }
  package static var isRandom: Bool { false }
  package static func float32Inputs(opset: Int) -> Set<Int> { [] }
  package static func inFloat64(_ node: Node) -> Node { node }
  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? { nil }
  package static func isIdentity(_ node: SymbolicNode) -> Bool { false }
}

/// A version of the operator set since which nodes of an operator mean something else, or are
/// written in another form.
///
/// A version that only admits more element types is none.
package struct Revision: Sendable, ExpressibleByIntegerLiteral {
  package let opset: Int
  /// Whether a node is one of those that mean something else.
  package let affects: @Sendable (Node) -> Bool

  /// - Parameter affects: which nodes mean something else; the others are what they were.
  package init(_ opset: Int, affects: @escaping @Sendable (Node) -> Bool) {
    self.opset = opset
    self.affects = affects
  }

  /// A version that changed all nodes.
  package init(integerLiteral opset: Int) {
    self.init(opset) { _ in true }
  }

  /// A version that knows attributes the others do not.
  package init(_ opset: Int, attributes: String...) {
    self.init(opset) { node in attributes.contains { node.attributes[$0] != nil } }
  }
}

// MARK: Facts of a node

extension Node {
  /// The operator the node applies, whatever its version; `nil` for one that is not known.
  package var definition: (any Operator.Type)? { OperatorTable.definition(of: self) }

  /// Whether this is the operator the node applies.
  package func applies(_ definition: any Operator.Type) -> Bool {
    self.definition == definition
  }

  /// Whether results are sums of many products or values.
  package var accumulates: Bool { definition?.accumulates ?? false }

  /// Whether results depend on the inputs' shapes alone.
  package var readsShapesOnly: Bool { definition?.readsShapesOnly ?? false }

  /// Whether which elements the results are of depends on their values.
  package var choosesByValue: Bool { definition?.choosesByValue ?? false }

  /// Whether the node is a convolution or a matrix product.
  package var mixesChannels: Bool { definition?.mixesChannels ?? false }
}

extension ValueNumbering {
  /// A numbering that knows the operators of ``OperatorTable``.
  package init() {
    self.init { node, opset in
      guard let definition = node.definition else { return OperatorTraits(version: opset) }
      // Counted from 0 downwards, so that none can be taken for an operator set.
      let version =
        node.isPlugin || !definition.opsets.contains(opset)
        ? opset : -1 - definition.revisions.count { $0.opset <= opset && $0.affects(node) }
      return OperatorTraits(
        version: version, commutes: definition.commutes, isRandom: definition.isRandom)
    }
  }
}
