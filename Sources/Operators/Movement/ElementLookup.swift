import Kernels
import Tensors

/// Which element of the data each element of the indices names, in `GatherElements` and
/// `ScatterElements`: the one at its own place, but along one axis at its index.
struct ElementLookup: Sendable {
  /// The shape of the indices.
  let shape: Shape
  /// How far apart in the data neighbours along the last axis are; 0 where that is looked up.
  let columnStep: Int
  private let indexType: ElementType
  /// The length of the data along the axis, and how far apart neighbours along it are.
  private let length: Int
  private let axisStride: Int
  /// The data's strides for the axes before the last, 0 for the one that is looked up.
  private let rowStrides: [Int]

  /// - Parameter axis: counted from the front.
  init(data: Shape, indices: Operand, axis: Int) throws {
    guard indices.elementType == .int64 || indices.elementType == .int32 else {
      throw OperatorError("input 1 is \(indices.elementType), expected int64 or int32")
    }
    let shape = indices.shape
    guard shape.rank == data.rank,
      shape.indices.allSatisfy({ $0 == axis || shape[$0] <= data[$0] })
    else {
      throw OperatorError(
        "indices of shape \(shape), expected at most \(data) but along axis \(axis)")
    }
    var strides = data.strides
    axisStride = strides[axis]
    strides[axis] = 0
    columnStep = strides.removeLast()
    rowStrides = strides
    length = data[axis]
    indexType = indices.elementType
    self.shape = shape
  }

  /// How far along the axis each index lies, in elements of the data.
  func places(in run: NodeRun) throws -> [Int] {
    indexType == .int64
      ? try places(run.input(1, of: Int64.self)) : try places(run.input(1, of: Int32.self))
  }

  @inline(__always)
  private func places<T: IntegerElement>(_ indices: UnsafeBufferPointer<T>) throws -> [Int] {
    try indices.map { index in
      let position = index < 0 ? Int(index) + length : Int(index)
      guard (0..<length).contains(position) else {
        throw OperatorError("index \(index), expected \(-length) to \(length - 1)")
      }
      return position * axisStride
    }
  }

  /// Calls `body`, on all threads, with the elements of each row of the indices and where the row's
  /// first element stands in the data, but for its index.
  func forEachRow(team: ThreadTeam, _ body: (_ elements: Range<Int>, _ start: Int) -> Void) {
    guard shape.elementCount > 0 else { return }
    let columns = shape.dimensions[shape.rank - 1]
    let rows = shape.elementCount / columns
    team.forEachChunk(of: rows, chunk: max(ThreadTeam.chunkSize / columns, 1)) {
      for row in $0 { body(row * columns..<(row + 1) * columns, start(ofRow: row)) }
    }
  }

  private func start(ofRow row: Int) -> Int {
    var (rest, offset) = (row, 0)
    for axis in rowStrides.indices.reversed() {
      offset += rest % shape[axis] * rowStrides[axis]
      rest /= shape[axis]
    }
    return offset
  }
}
