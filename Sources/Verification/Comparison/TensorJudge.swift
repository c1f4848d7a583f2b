import Tensors

/// Compares two graphs that do not end in detections, output by output.
struct TensorJudge {
  /// Where each side comes from.
  let paths: Pair<String>
  let outputs: Pair<[OutputPairing.Output]>
  /// For an element, times its magnitude where that is above 1.
  let tolerance: Double
  /// Whether an output of the original's that the other side lacks is a difference.
  var requiresAll = true
  /// Outputs that one side's detections are read from and the other side's not.
  var readOnOneSide: Set<String> = []

  func judge(_ report: inout ImageReport, _ judgement: inout Judgement) {
    let pairing = OutputPairing(outputs)
    report.tensors = pairing.pairs.map { original, patched, pairedBy in
      let tolerance = max(self.tolerance, original.tensor.halfTolerance)
      let found = TensorComparison(
        original: original.tensor, patched: patched.tensor, tolerance: tolerance)
      judgement.add(found, named: "'\(shown: original.name)'", tolerance: tolerance)
      return TensorReport(
        original: original.name, patched: patched.name, pairedBy: pairedBy,
        maxAbsoluteError: Figure(found.maxAbsoluteError),
        maxRelativeError: Figure(found.maxRelativeError), worstIndex: found.worstIndex)
    }
    // Where there is no common form, an output of one name is no common one either.
    let isExempt =
      pairing.pairs.isEmpty
      && pairing.mismatched.allSatisfy { readOnOneSide.contains($0.original.name) }
    for (original, patched) in pairing.mismatched where !isExempt {
      let tensors = Pair(original: original.tensor, patched: patched.tensor)
      judgement.differ(
        NamedOutputs.mismatch(
          original.name, tensors.map(\.elementType), tensors.map(\.shape), judgement.names),
        in: .tensors)
    }
    if requiresAll, !pairing.pairs.isEmpty {
      for output in pairing.unpaired.original {
        judgement.differ(
          "\(judgement.names.patched) does not give out '\(shown: output.name)'", in: .tensors)
      }
    }
    for (path, unpaired) in paths.with(pairing.unpaired).both where !unpaired.isEmpty {
      let names = unpaired.map { "'\(shown: $0.name)' \($0.tensor.shape)" }.joined(separator: ", ")
      judgement.note("\(path): outputs without a counterpart: \(names)")
    }
    if pairing.pairs.isEmpty, pairing.mismatched.isEmpty || isExempt {
      judgement.doubt(
        "no output of \(judgement.names.original) has the shape of one of \(judgement.names.patched)"
      )
    }
  }
}

extension Tensor {
  /// What rounding to a 16-bit type alone explains.
  fileprivate var halfTolerance: Double {
    switch elementType {
    case .float16: 0x1p-10
    case .bfloat16: 0x1p-7
    default: 0
    }
  }
}
