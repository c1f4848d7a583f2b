import Kernels
import Tensors

/// `GatherElements`: for each element of the indices the element of the data at its place, but along
/// `axis` at its index; opsets 11, 13.
///
/// Data and indices (int32 or int64) have one rank; along other axes the indices reach no further
/// than the data. Negative indices count from the end.
enum GatherElements: Operator {
  static let type = "GatherElements"
  static let opsets = 11...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let data = try node.operand(0)
    let lookup = try ElementLookup(
      data: data.shape, indices: node.operand(1), axis: node.axis(default: 0, of: data.shape))
    return Gathering(lookup: lookup, elementType: data.elementType)
      .node(forBytes: data.elementType.byteCount)
  }
}

private struct Gathering: BitsPreparation {
  let lookup: ElementLookup
  let elementType: ElementType

  func node<Bits: FixedWidthInteger & BitwiseCopyable & SendableMetatype>(_: Bits.Type)
    -> PreparedNode
  {
    PreparedNode(elementType, lookup.shape) { [lookup] run in
      let places = try lookup.places(in: run)
      let data = run.inputBits(0, as: Bits.self)
      let output = run.outputBits(as: Bits.self)
      places.withUnsafeBufferPointer { places in
        lookup.forEachRow(team: run.team) { elements, start in
          for (column, element) in elements.enumerated() {
            output[element] = data[start + column * lookup.columnStep + places[element]]
          }
        }
      }
    }
  }
}
