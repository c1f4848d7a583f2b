import Tensors

extension PrecisionReport {
  /// A line for the cells, or one for each output where there are none.
  var textLines: [String] {
    guard let cells else {
      return outputs.map { output in
        "noise       \(output.graph.rawValue) '\(shown: output.name)': rounding makes errors of up to "
          + "\(output.maxError.text), \(output.rmsError.text) on average"
      }
        + (tensors ?? []).map { pair in
          "in float64  '\(shown: pair.original)' and '\(shown: pair.patched)' are \(pair.maxAbsoluteError.text) apart"
        }
    }
    let nearer =
      cells.nearer.map { "the \($0 == .original ? "original" : "patched graph") is nearer to it" }
      ?? "both graphs are as near to it"
    return [
      "noise       rounding makes errors of up to \(cells.noiseFloor.maxBoxErrorPx.text) px and "
        + "\(cells.noiseFloor.maxScoreError.text) in score; the graphs are "
        + "\(cells.boxErrorInNoise.text) and \(cells.scoreErrorInNoise.text) times that apart",
      "in float64  \(cells.exactDifference.maxBoxErrorPx.text) px and "
        + "\(cells.exactDifference.maxScoreError.text) in score apart; \(nearer)",
    ]
  }
}

extension SimulationReport {
  var textLines: [String] {
    let title = format + (headsOnly ? " heads" : "")
    var lines: [String] = []
    if let detections {
      lines.append(
        "simulated   \(title): \(detections.matched) of \(detections.before) detections survive, "
          + "\(detections.lost) lost, \(detections.new) new" + detections.movement)
    }
    if let cells, let needed = neededTolerances {
      let infinite = cells.nonFinite > 0 ? ", \(cells.nonFinite) not finite" : ""
      lines.append(
        "            over all cells \(cells.maxBoxErrorPx.text) px and \(cells.maxScoreError.text) "
          + "in score\(infinite): such an engine needs --tolerance-box "
          + "\(Figure(needed.boxPx).text) --tolerance-score \(Figure(needed.score).text)")
    }
    for output in outputs ?? [] {
      lines.append(
        "simulated   \(title): '\(shown: output.name)' moves by up to \(output.maxError.text), "
          + "\(output.rmsError.text) on average")
    }
    return lines
  }
}

extension SimulationReport.Survival {
  fileprivate var movement: String {
    guard matched > 0 else { return "" }
    let classes = reclassified > 0 ? ", \(reclassified) of another class" : ""
    return "; they move by up to \(maxBoxErrorPx.text) px and \(maxScoreError.text) in score"
      + classes
  }
}

extension DriftReport {
  var textLines: [String] {
    guard let first else { return ["drift       no layer is beyond its noise floor"] }
    return ["drift       first at \(first.node), '\(shown: first.patched)'"]
      + ranked.map { "              \($0.node) " + $0.addedText }
  }
}
