import Detection

/// Holds the original's network, changed in one place, against what the patched graph gave on an image:
/// for graphs of any format.
struct NetworkTrial {
  /// Numbers of cells, of rows and of elements of other outputs that differ.
  struct Count {
    var cells = 0
    var rows = 0
    var elements = 0
    /// Whether there is anything to tell by: without a row on either side, there is not.
    var isEmpty = false

    /// The least share of what differed before that is gone.
    func share(explainedOf before: Count) -> Double {
      func share(_ left: Int, _ before: Int) -> Double {
        before == 0 ? (left == 0 ? 1 : 0) : max(0, 1 - Double(left) / Double(before))
      }
      return min(
        share(cells, before.cells), share(rows, before.rows), share(elements, before.elements))
    }
  }

  let changes: [NetworkChange]
  let before: Count
  /// What differs where the original's network is changed; `nil` where that cannot be run.
  let after: (NetworkChange) -> Count?

  /// The share that a change has to explain.
  private static let least = 0.9

  /// The first change that explains the differences.
  func diagnose() -> DiagnosisReport? {
    guard let found = first(of: changes) else { return nil }
    let (change, share) = first(of: found.change.parts) ?? found
    return DiagnosisReport([change.id], share: share, by: change.text)
  }

  private func first(of changes: [NetworkChange]) -> (change: NetworkChange, share: Double)? {
    changes.lazy.compactMap { change in
      after(change).flatMap { $0.isEmpty ? nil : (change, $0.share(explainedOf: before)) }
    }.first { $0.1 >= Self.least }
  }
}

extension NetworkTrial.Count {
  init(_ found: DetectionEvidence) {
    cells = found.comparedCells().different
    let rows = found.matchedCandidates().comparison
    isEmpty = found.comparedCells().compared == 0 && rows.matched == 0
    self.rows = rows.missing + rows.extra + rows.classMismatches + rows.different
  }

  /// - Parameter tolerance: for an element, times its magnitude where that is above 1.
  init(_ outputs: Pair<[OutputPairing.Output]>, tolerance: Double) {
    elements = OutputPairing(outputs).pairs.reduce(0) { count, pair in
      count
        + TensorComparison(
          original: pair.original.tensor, patched: pair.patched.tensor, tolerance: tolerance
        ).different
    }
  }
}
