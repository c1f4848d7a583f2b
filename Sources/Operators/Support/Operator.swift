import Kernels
import ONNXGraph
import Tensors

/// One ONNX or plugin operator: how a node of it becomes something that can run.
///
/// A new operator is one type in one file and one line in ``OperatorTable``.
package protocol Operator: OperatorFacts, SendableMetatype {
  /// The ONNX name, such as `Conv`.
  static var type: String { get }
  /// The versions of the operator's set in which it means what `prepare` does.
  static var opsets: ClosedRange<Int> { get }
  /// Checks the node and its operands and fixes output types, output shapes and the computation.
  ///
  /// - Throws: ``OperatorError`` for what is wrong with the node; ``ValueNeeded`` when the result's
  ///   shape depends on an operand whose value is not known yet.
  static func prepare(_ node: inout NodeReader) throws -> PreparedNode
}

/// An operator that computes with floating-point elements.
///
/// It never sees float16 or bfloat16: such operands reach it as float32, and each float32 result is
/// rounded once to the operands' type.
package protocol ArithmeticOperator: Operator {
  /// Whether operands may differ in floating-point type; the result then has that of the first.
  static var allowsMixedPrecision: Bool { get }
}

extension ArithmeticOperator {
  package static var allowsMixedPrecision: Bool { false }
}

/// The newest version of ONNX's operator set whose definitions were compared with those of the
/// versions before: beyond 22 the operators here gained element types, and what they say themselves.
package let newestOpset = 27

extension Operator {
  package static var opsets: ClosedRange<Int> { 7...newestOpset }
}

/// What is known of one input of a node before the node runs.
package struct Operand: Sendable {
  package let elementType: ElementType
  package let shape: Shape
  /// The value, when it does not depend on what the graph is fed.
  package let value: Tensor?

  package init(elementType: ElementType, shape: Shape, value: Tensor? = nil) {
    self.elementType = elementType
    self.shape = shape
    self.value = value
  }

  package init(constant: Tensor) {
    self.init(elementType: constant.elementType, shape: constant.shape, value: constant)
  }
}

/// A node with everything resolved that its operands' types and shapes decide.
package struct PreparedNode: Sendable {
  package struct Output: Sendable {
    package let elementType: ElementType
    package let shape: Shape
    /// Whether the type is float32 also where operands of half width are shown as float32.
    package let keepsType: Bool

    package init(_ elementType: ElementType, _ shape: Shape, keepsType: Bool = false) {
      self.elementType = elementType
      self.shape = shape
      self.keepsType = keepsType
    }
  }

  package enum Body: Sendable {
    /// The only output is the input of this index with its bytes as they are.
    case alias(input: Int)
    /// The outputs are known without running.
    case constants([Tensor])
    /// Reads the inputs and writes every element of every output.
    case compute(@Sendable (NodeRun) throws -> Void)
  }

  /// In the operator's order; outputs the node does not name are included.
  package let outputs: [Output]
  package let body: Body
  /// Memory each thread needs while the node computes.
  package var workspaceBytesPerWorker = 0
  /// Memory that the node takes beside that while it computes, and gives back.
  package var scratchBytes = 0
  /// Memory that the node keeps from run to run: constants in a form of its own.
  package var heldBytes = 0
  /// Multiplications of the convolution or matrix product that the node is.
  package var multiplyAdds = 0
  /// For a node whose outputs are parts of its first input.
  package var takesApart: TakingApart?
  /// For a node whose only output is its inputs beside one another. Such a node leaves alone an input
  /// that stands in its place already.
  package var putsTogether: PuttingTogether?
  /// Whether the only output stands where the first input did, whose elements are left as they are
  /// but for those the node writes.
  package var overwritesFirstInput = false
  /// Whether every element of the only output is one of the first input's: what is done to each
  /// element can as well be done before.
  package var onlyMovesElements = false
  /// Whether the node holds the values of its constant inputs itself, in a form of its own.
  package var holdsConstants = false
  /// Puts the constants that the node holds into the form it reads; the first run does it otherwise.
  package var prepareConstants: (@Sendable (ThreadTeam) -> Void)?
  /// The function of its first input that the node is, when convolutions can apply it.
  package var activation: Activation?
  /// The same node with a function applied to its result, for nodes that can do so in passing.
  package var applying: (@Sendable (Activation) -> PreparedNode)?

  package init(outputs: [Output], body: Body) {
    self.outputs = outputs
    self.body = body
  }

  /// A node with one output that `compute` writes.
  package init(
    _ elementType: ElementType, _ shape: Shape, multiplyAdds: Int = 0,
    compute: @escaping @Sendable (NodeRun) throws -> Void
  ) {
    self.init(outputs: [Output(elementType, shape)], body: .compute(compute))
    self.multiplyAdds = multiplyAdds
  }

  /// Runs a node that computes.
  func compute(_ run: NodeRun) throws {
    guard case .compute(let body) = body else { preconditionFailure("nothing to compute") }
    try body(run)
  }

  /// A node whose only output is its first input under another shape.
  package static func reshaping(_ operand: Operand, to shape: Shape) -> PreparedNode {
    PreparedNode(outputs: [Output(operand.elementType, shape)], body: .alias(input: 0))
  }

  /// A node whose outputs are known without running.
  package static func constants(_ tensors: [Tensor]) -> PreparedNode {
    PreparedNode(
      outputs: tensors.map { Output($0.elementType, $0.shape) }, body: .constants(tensors))
  }
}

/// What is wrong with a node: one line, without the node's name, which the interpreter adds.
package struct OperatorError: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// Thrown while preparing: the shape of the result depends on the value of an input that is
/// computed in the run. The node is then prepared again when the value is there.
package struct ValueNeeded: Error {
  package let input: Int
}
