import Detection
import ONNXGraph

/// Maps are told apart by the cells they have per input: their strides.
enum HeadsDifferRule: CheckRule {
  static let name = "heads-differ"
  static let severity = Severity.error
  static let summary =
    "The plugin's maps have not the strides of the original's heads, in its order."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    guard case .success(let original)? = subject.originalDecode, let size = subject.inputSize
    else { return [] }
    return subject.yoloLayers.compactMap { node in
      let found = node.inputs.map { map -> Double? in
        guard let shape = subject.shape(of: map), shape.rank == 4, shape[3] > 0 else { return nil }
        return Double(size.width) / Double(shape[3])
      }
      let expected = original.scales.map(\.strideX)
      guard !found.contains(nil), found != expected else { return nil }
      let texts = [found.compactMap { $0 }, expected].map { strides in
        strides.map { Float($0).plain }.joined(separator: ",")
      }
      return RuleFinding(
        at: node.title, "the maps have strides \(texts[0]), the original's heads \(texts[1])",
        remedy: "give the plugin the original's heads, finest first")
    }
  }
}
