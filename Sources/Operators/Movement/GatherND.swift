import Kernels
import Tensors

/// `GatherND`: the slices of the data that tuples of indices name, in batches along the first
/// `batch_dims` dimensions (opset 12); opsets 11 to 13.
///
/// Data `[B…, D…, S…]`, indices `[B…, I…, k]` → `[B…, I…, S…]`.
enum GatherND: Operator {
  static let type = "GatherND"
  static let opsets = 11...newestOpset
  static let revisions = [Revision(12, attributes: "batch_dims")]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let data = try node.operand(0)
    let indices = try node.operand(1)
    let batchRank = node.opset >= 12 ? try node.int("batch_dims") ?? 0 : 0
    let tuples = try IndexTuples(data: data.shape, indices: indices, batchRank: batchRank)
    let shape = try Shape(validating: indices.shape.dropLast() + tuples.slice)
    let bytes = tuples.length * data.elementType.byteCount
    var prepared = PreparedNode(data.elementType, shape) { run in
      let starts = try tuples.starts(in: run)
      let (source, output) = (run.inputBytes(0), run.outputBytes())
      let width = data.elementType.byteCount
      run.team.forEachChunk(
        of: starts.count, chunk: max(ThreadTeam.chunkSize / max(tuples.length, 1), 1)
      ) {
        for tuple in $0 {
          (output + tuple * bytes).copyMemory(
            from: source + starts[tuple] * width, byteCount: bytes)
        }
      }
    }
    prepared.scratchBytes = tuples.count * MemoryLayout<Int>.stride
    return prepared
  }
}
