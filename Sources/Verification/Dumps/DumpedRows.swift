import BoxMath
import Detection
import Tensors

/// The tensors of a dump that stand for `YoloLayer_TRT`'s outputs, by the graph's names.
struct DumpedRows {
  let tensors: [String: Tensor]
  let notes: [String]

  /// - Throws: what the dump lacks.
  init(_ outputs: DumpOutputs, of tail: YoloLayerTail) throws(Refusal) {
    let number = tail.outputs[0]
    for name in tail.outputs where name != number || outputs.misshapen.contains(name) {
      if let reason = outputs.reasons[name] { throw Refusal(reason) }
    }
    guard outputs.tensors[number] == nil else {
      tensors = outputs.tensors
      notes = []
      return
    }
    do {
      let counts = try Self.counts(
        boxes: outputs.tensors[tail.outputs[1]]!, scores: outputs.tensors[tail.outputs[2]]!)
      tensors = outputs.tensors.merging([number: Tensor(counts, shape: [counts.count, 1])]) {
        $1
      }
      notes = [
        "the dump has no '\(shown: number)'; taken are the rows before the zeros at the end: "
          + counts.map(String.init).joined(separator: ", ")
      ]
    } catch {
      throw Refusal("the dump has no '\(shown: number)', and \(error)")
    }
  }

  /// For each image, how many rows there are before those that are all zero: the plugin fills its
  /// outputs with zeros first.
  ///
  /// - Parameters: boxes `[N, A, 4]` and scores `[N, A]`.
  /// - Throws: when zeros do not tell rows from what is left over.
  private static func counts(boxes: Tensor, scores: Tensor) throws(Refusal) -> [Int32] {
    let (boxes, scores) = (boxes.doubles(), (scores.shape, scores.doubles()))
    let (batch, capacity) = (scores.0[0], scores.0[1])
    var counts: [Int32] = []
    for image in 0..<batch {
      let isZero = (image * capacity..<(image + 1) * capacity).map { row in
        scores.1[row] == 0 && boxes[4 * row..<4 * row + 4].allSatisfy { $0 == 0 }
      }
      let count = isZero.firstIndex(of: true) ?? capacity
      guard count < capacity, isZero[count...].allSatisfy({ $0 }) else {
        throw Refusal(
          "its rows do not end in zeros that would tell how many count; dump that output as well")
      }
      counts.append(Int32(count))
    }
    return counts
  }
}
