import ONNXGraph
import Tensors

/// The first nodes and constants in which two graphs part, in the order of the patched graph.
struct FirstDifferences {
  /// One line for each, the first few.
  let lines: [String]

  private static let limit = 3

  init(_ models: Pair<Model>, _ joint: JointGraph) {
    let shared = Set(joint.names.original.values)
    let names = joint.names.patched
    func isOwn(_ tensor: String) -> Bool { names[tensor].map { !shared.contains($0) } ?? false }
    var lines: [String] = []
    var seen: Set<String> = []
    for node in models.patched.graph.nodes where lines.count < Self.limit {
      let isLive = node.outputs.contains { names[$0] != nil }
      guard isLive, node.constantValue == nil, node.outputs.contains(where: isOwn) else { continue }
      let constants = node.inputs.filter { isOwn($0) && seen.insert($0).inserted }
      let weights = constants.compactMap { name in
        models.patched.graph.initializers[name].map {
          Self.text($0, named: name, original: models.original.graph.initializers[name])
        }
      }
      if weights.isEmpty {
        // What only follows from an earlier difference is none of its own.
        guard node.inputs.allSatisfy({ !isOwn($0) }) else { continue }
        lines.append("\(node.title), which the original has not")
      } else {
        lines += weights.map { "\($0) of \(node.title)" }
      }
    }
    self.lines = Array(lines.prefix(Self.limit))
  }

  private static func text(_ tensor: Tensor, named name: String, original: Tensor?) -> String {
    let title = "'\(name)' \(tensor.shape)"
    guard let original, original.shape == tensor.shape else { return title }
    let difference = TensorComparison(original: original, patched: tensor, tolerance: 0)
    return "\(title) (by up to \(Figure(difference.maxAbsoluteError).text))"
  }
}
