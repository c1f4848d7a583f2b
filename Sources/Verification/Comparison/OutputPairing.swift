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
  /// Outputs of one name whose types or shapes differ.
  private(set) var mismatched: [(original: Output, patched: Output)] = []
  /// Outputs that only one of the graphs has.
  private(set) var unpaired: Pair<[Output]>

  /// Pairs by name; what no name pairs by content, then in its order. Only outputs of one type and
  /// shape make a pair.
  init(_ outputs: Pair<[Output]>) {
    unpaired = outputs
    pairByName()
    pair(by: .content) { !$0.value.isEmpty && $0.value == $1.value }
    pair(by: .order) { _, _ in true }
  }

  private mutating func pairByName() {
    for output in unpaired.original {
      guard let place = unpaired.patched.firstIndex(where: { $0.name == output.name }) else {
        continue
      }
      let partner = unpaired.patched.remove(at: place)
      unpaired.original.removeAll { $0.name == output.name }
      if output.tensor.isShapedLike(partner.tensor) {
        let isProven = !output.value.isEmpty && output.value == partner.value
        pairs.append((output, partner, isProven ? .content : .name))
      } else {
        mismatched.append((output, partner))
      }
    }
  }

  private mutating func pair(
    by pairing: TensorReport.Pairing, _ matches: (Output, Output) -> Bool
  ) {
    for output in unpaired.original {
      let partner = unpaired.patched.firstIndex {
        $0.tensor.isShapedLike(output.tensor) && matches(output, $0)
      }
      guard let partner else { continue }
      pairs.append((output, unpaired.patched.remove(at: partner), pairing))
      unpaired.original.removeAll { $0.name == output.name }
    }
  }
}

extension Tensor {
  fileprivate func isShapedLike(_ other: Tensor) -> Bool {
    shape == other.shape && elementType == other.elementType
  }
}
