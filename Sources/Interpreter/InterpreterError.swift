import ONNXGraph
import Operators
import Tensors

/// Why a graph cannot be planned or run: one line, without the file's name.
public struct InterpreterError: Error, CustomStringConvertible, Sendable {
  public let description: String

  public init(_ description: String) { self.description = description }

  /// What an operator said is wrong, with the node and what it was given.
  init(_ error: any Error, at node: Node, operands: [Operand?]) {
    let shapes = operands.map { operand in
      operand.map { "\($0.elementType)\($0.shape)" } ?? "none"
    }
    self.init("\(node.title): \(error) (inputs: \(String.shownList(shapes)))")
  }
}
