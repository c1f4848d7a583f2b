import Kernels
import Tensors

/// `ScatterElements`: the data, with each element of the updates written to its place, but along
/// `axis` at its index; with `reduction` (opset 16; `min` and `max` 18) combined with what stands
/// there. Opsets 11, 13, 16, 18; `Scatter` is its name in opsets 9 and 10.
///
/// Data, indices (int32 or int64) and updates have one rank, and the last two one shape. Updates are
/// taken in order: of several for one element, the last stays.
enum ScatterElements: Operator {
  static let type = "ScatterElements"
  static let opsets = 11...newestOpset
  static let revisions: [Revision] = [
    Revision(16, attributes: "reduction"),
    Revision(18) {
      [.string("min"), .string("max")].contains($0.attributes["reduction"])
    },
  ]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try scattering(&node, try ScatterReduction(&node))
  }

  fileprivate static func scattering(
    _ node: inout NodeReader, _ reduction: ScatterReduction
  ) throws -> PreparedNode {
    try node.expectInputs(3...3)
    let data = try node.operand(0)
    let updates = try node.operand(2)
    guard updates.elementType == data.elementType, try updates.shape == node.operand(1).shape else {
      throw OperatorError(
        "updates are \(updates.elementType)\(updates.shape), expected \(data.elementType) in the "
          + "shape \(try node.operand(1).shape) of the indices")
    }
    let lookup = try ElementLookup(
      data: data.shape, indices: node.operand(1), axis: node.axis(default: 0, of: data.shape))
    let scatter = try reduction.prepared(
      for: data.elementType, Scattering(lookup: lookup, shape: data.shape))
    var prepared = PreparedNode(data.elementType, data.shape) { run in
      run.copyInput(to: run.outputs[0])
      try scatter(run)
    }
    prepared.scratchBytes = lookup.shape.elementCount * MemoryLayout<Int>.stride
    return prepared
  }
}

/// ``ScatterElements`` by the name it had before opset 11.
enum Scatter: Operator {
  static let type = "Scatter"
  static let opsets = 9...10

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try ScatterElements.scattering(&node, .none)
  }
}

private struct Scattering: ScatterTarget {
  let lookup: ElementLookup
  let shape: Shape

  func scatter<T: BitwiseCopyable>(
    _ run: NodeRun, _: T.Type, _ combine: (T, T) -> T
  ) throws {
    let places = try lookup.places(in: run)
    let updates = run.inputBits(2, as: T.self)
    let output = run.outputBits(as: T.self)
    // On one thread: rows that differ along the axis may write to one element.
    lookup.forEachRow(team: ThreadTeam(threadCount: 1)) { elements, start in
      for (column, element) in elements.enumerated() {
        let place = start + column * lookup.columnStep + places[element]
        output[place] = combine(output[place], updates[element])
      }
    }
  }
}
