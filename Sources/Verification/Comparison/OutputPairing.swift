import Tensors

/// Which outputs of two graphs are the same thing.
struct OutputPairing {
  /// An output that a run gave.
  struct Output {
    let name: String
    /// The name of its value in the joint graph: equal values have equal names.
    let value: String
    let tensor: Tensor
    /// Whether its shape depends on what the graph is fed, as that of selected boxes does.
    var hasOpenShape = false
  }

  private(set) var pairs: [(original: Output, patched: Output, by: TensorReport.Pairing)] = []
  /// Outputs that only one of the graphs has.
  private(set) var unpaired: Pair<[Output]>

  /// Pairs by content, then by name, then in their order; only outputs of one shape make a pair.
  init(_ outputs: Pair<[Output]>) {
    unpaired = outputs
    pair(by: .content) { $0.value == $1.value }
    pair(by: .name) { $0.name == $1.name }
    pair(by: .order) { _, _ in true }
  }

  /// Unpaired outputs of one name, type and rank whose shapes came out differently in the run.
  var otherwiseShaped: [(original: Output, patched: Output)] {
    unpaired.original.compactMap { original in
      let partner = unpaired.patched.first {
        $0.name == original.name && $0.tensor.elementType == original.tensor.elementType
          && $0.tensor.shape.rank == original.tensor.shape.rank
      }
      guard let partner, original.hasOpenShape, partner.hasOpenShape else { return nil }
      return (original, partner)
    }
  }

  private mutating func pair(
    by pairing: TensorReport.Pairing, _ matches: (Output, Output) -> Bool
  ) {
    for output in unpaired.original {
      let partner = unpaired.patched.firstIndex {
        $0.tensor.shape == output.tensor.shape && matches(output, $0)
      }
      guard let partner else { continue }
      pairs.append((output, unpaired.patched.remove(at: partner), pairing))
      unpaired.original.removeAll { $0.name == output.name }
    }
  }
}
