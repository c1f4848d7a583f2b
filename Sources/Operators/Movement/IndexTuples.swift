import Tensors

/// Which slices of the data the index tuples of `GatherND` and `ScatterND` name.
///
/// Data `[B…, D…, S…]`, indices int64 `[B…, I…, depth]`: each tuple is a place along the `depth`
/// dimensions `D`, in the batch at its own place along `B`, and names a slice of shape `S`. Negative
/// indices count from the end.
struct IndexTuples: Sendable {
  /// How many tuples there are.
  let count: Int
  /// The dimensions of a slice.
  let slice: ArraySlice<Int>
  /// Elements of one slice.
  let length: Int
  /// The dimensions that are indexed, and the data's strides along them.
  private let dimensions: [Int]
  private let strides: [Int]
  /// Tuples of one batch, and elements of the data in it.
  private let tuplesPerBatch: Int
  private let elementsPerBatch: Int

  /// - Parameter batchRank: how many dimensions the data and the indices have in common in front.
  init(data: Shape, indices: Operand, batchRank: Int = 0) throws {
    let shape = indices.shape
    guard indices.elementType == .int64 else {
      throw OperatorError("indices are \(indices.elementType), expected int64")
    }
    guard batchRank >= 0, batchRank < shape.rank, batchRank <= data.rank,
      shape.dimensions[..<batchRank] == data.dimensions[..<batchRank],
      let depth = shape.last, depth <= data.rank - batchRank
    else {
      throw OperatorError(
        "indices of shape \(shape) for data of shape \(data) with \(batchRank) batch dimensions, "
          + "expected tuples of at most \(max(data.rank - batchRank, 0)) indices in the same batches"
      )
    }
    let indexed = batchRank..<batchRank + depth
    dimensions = Array(data.dimensions[indexed])
    strides = Array(data.strides[indexed])
    slice = data.dimensions[indexed.upperBound...]
    length = data.elementCount(in: indexed.upperBound..<data.rank)
    count = shape.elementCount(in: 0..<shape.rank - 1)
    tuplesPerBatch = max(shape.elementCount(in: batchRank..<shape.rank - 1), 1)
    elementsPerBatch = data.elementCount(in: batchRank..<data.rank)
  }

  /// Where in the data each slice begins.
  func starts(in run: NodeRun) throws -> [Int] {
    let indices = run.input(1, of: Int64.self)
    let depth = dimensions.count
    return try (0..<count).map { tuple in
      var start = tuple / tuplesPerBatch * elementsPerBatch
      for axis in 0..<depth {
        let index = Int(indices[tuple * depth + axis])
        let length = dimensions[axis]
        guard (-length..<length).contains(index) else {
          throw OperatorError(
            "index \(index) along axis \(axis), expected \(-length) to \(length - 1)")
        }
        start += (index < 0 ? index + length : index) * strides[axis]
      }
      return start
    }
  }
}
