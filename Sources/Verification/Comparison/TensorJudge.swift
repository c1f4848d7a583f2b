import Tensors

/// Compares two graphs that do not end in detections, output by output.
struct TensorJudge {
  let models: Pair<LoadedModel>
  let joint: JointGraph
  let results: Pair<[String: Tensor]>
  /// For an element, times its magnitude where that is above 1.
  let tolerance: Double

  func judge(_ report: inout ImageReport, _ judgement: inout Judgement) {
    let outputs = models.with(joint.names).with(results).map { side in
      let ((model, names), tensors) = side
      return model.model.graph.outputs.compactMap { output in
        tensors[output.name].map {
          OutputPairing.Output(name: output.name, value: names[output.name] ?? "", tensor: $0)
        }
      }
    }
    let pairing = OutputPairing(outputs)
    report.tensors = pairing.pairs.map { original, patched, pairedBy in
      let tolerance = max(self.tolerance, original.tensor.halfTolerance)
      let found = TensorComparison(
        original: original.tensor, patched: patched.tensor, tolerance: tolerance)
      judgement.add(found, named: "'\(original.name)'", tolerance: tolerance)
      return TensorReport(
        original: original.name, patched: patched.name, pairedBy: pairedBy,
        maxAbsoluteError: Figure(found.maxAbsoluteError),
        maxRelativeError: Figure(found.maxRelativeError), worstIndex: found.worstIndex)
    }
    for (model, unpaired) in models.with(pairing.unpaired).both where !unpaired.isEmpty {
      let names = unpaired.map { "'\($0.name)' \($0.tensor.shape)" }.joined(separator: ", ")
      judgement.note("\(model.path): outputs without a counterpart: \(names)")
    }
    if pairing.pairs.isEmpty {
      judgement.doubt("no output of one graph has the shape of one of the other")
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
