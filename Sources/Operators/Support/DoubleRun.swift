import Kernels
import Tensors

/// One execution of a node that computes in float64 whatever floating-point types its tensors have,
/// and rounds each result once: for operators whose sums are small beside what surrounds them.
struct DoubleRun {
  let run: NodeRun
  private let wideInputs: [Tensor?]
  private let wideOutputs: [MutableTensor?]

  fileprivate init(_ run: NodeRun) {
    self.run = run
    wideInputs = run.inputs.map { input in
      guard let input, input.elementType.isFloatingPoint else { return nil }
      return input.cast(to: .float64, team: run.team)
    }
    wideOutputs = run.outputs.map {
      $0.elementType.isFloatingPoint ? MutableTensor(elementType: .float64, shape: $0.shape) : nil
    }
  }

  /// The elements of a floating-point input; `nil` where it is left out.
  func optional(_ index: Int) -> UnsafeBufferPointer<Double>? {
    wideInputs.indices.contains(index)
      ? wideInputs[index].map { $0.unsafeElements(of: Double.self) } : nil
  }

  /// The elements of a floating-point input that was prepared as present.
  func input(_ index: Int) -> UnsafeBufferPointer<Double> { optional(index)! }

  /// The elements of a floating-point output, to be written.
  func output(_ index: Int = 0) -> UnsafeMutableBufferPointer<Double> {
    wideOutputs[index]!.unsafeElements(of: Double.self)
  }

  fileprivate func finish() {
    for (wide, output) in zip(wideOutputs, run.outputs) {
      wide?.tensor.cast(into: output, team: run.team)
    }
  }
}

extension PreparedNode {
  /// A node that computes in float64, whatever floating-point types its tensors have.
  static func inDoubles(
    _ outputs: [Output], _ compute: @escaping @Sendable (DoubleRun) throws -> Void
  ) -> PreparedNode {
    PreparedNode(
      outputs: outputs,
      body: .compute { run in
        let doubles = DoubleRun(run)
        try compute(doubles)
        doubles.finish()
        withExtendedLifetime(doubles) {}
      })
  }

  /// The same with one output.
  static func inDoubles(
    _ elementType: ElementType, _ shape: Shape,
    _ compute: @escaping @Sendable (DoubleRun) throws -> Void
  ) -> PreparedNode {
    inDoubles([Output(elementType, shape)], compute)
  }
}

extension NodeReader {
  /// Throws unless those of these inputs that are there have a floating-point type.
  func expectFloatingPoint(_ indices: ClosedRange<Int>) throws {
    for index in indices { try optionalOperand(index)?.expectFloatingPoint(as: "input \(index)") }
  }
}

extension Operand {
  /// Throws unless the operand has a floating-point type.
  func expectFloatingPoint(as name: String) throws {
    guard elementType.isFloatingPoint else {
      throw OperatorError("\(name) is \(elementType), expected floating point")
    }
  }

  /// Throws unless the operand has this rank.
  func expectRank(_ rank: Int, as name: String, _ axes: String) throws {
    guard shape.rank == rank else {
      throw OperatorError("\(name) has shape \(shape), expected \(axes)")
    }
  }
}
