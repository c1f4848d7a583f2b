extension StressReport {
  var text: String {
    let place = heads == .shared ? "what both graphs compute" : "\(heads.rawValue) heads"
    var text = "stress    \(cases) made-up cases behind \(place), "
    text += "\(different) different"
    for (count, what) in [(ambiguous, "ambiguous"), (specified, "different by specification")]
    where count > 0 {
      text += ", \(count) \(what)"
    }
    text += "; largest errors \(maxBoxErrorPx.text) px, \(maxScoreError.text) in score"
    if let tolerances {
      text += " (allowed \(tolerances.boxText), \(Figure(tolerances.score).text))"
    }
    if let means {
      text += "; \(means.compared) weighted means compared, \(means.different) different"
    }
    return text
  }
}

extension CoverageReport {
  func text(hasStress: Bool) -> String {
    func share(_ scaleAnchors: [[Int]], _ classes: [Int]) -> String {
      "\(scaleAnchors.count) of \(scaleAnchorCount) anchors and \(classes.count) of "
        + "\(classCount) classes"
    }
    guard scaleAnchorCount > 0 else { return "coverage  " + fedText }
    return "coverage  images show \(share(imagesScaleAnchors, imagesClasses))"
      + (hasStress ? "; made-up cases \(share(stressScaleAnchors, stressClasses))" : "")
      + (sizes.isEmpty ? "" : "; " + fedText)
  }

  private var fedText: String {
    let sizes = sizes.map { "\($0[0])x\($0[1])" }.joined(separator: ", ")
    return "sizes \(sizes); batches of \(batches.map(String.init).joined(separator: ", "))"
  }
}

extension StressCaseReport {
  /// - Parameter names: of the two sides.
  func text(_ names: Pair<String>) -> String {
    let what = term.rawValue + (self.class.map { " \($0)" } ?? "")
    let source = self.fed.map { "from the logits \($0.text) " } ?? ""
    return "\(cell), \(what): \(source)\(names.original) makes "
      + "\(original.text(term)), \(names.patched) \(patched.text(term))"
  }
}

extension StressCaseReport.FedValues {
  fileprivate var text: String {
    "x \(x.exact), y \(y.exact), width \(width.exact), height \(height.exact), objectness "
      + objectness.exact + (self.class.map { ", class \($0.exact)" } ?? "")
  }
}

extension StressCaseReport.Side {
  fileprivate func text(_ term: StressCaseReport.Term) -> String {
    switch term {
    case .x, .y, .width, .height: return "the box \(boxText)"
    case .objectness: return objectness.map(\.exact) ?? "none"
    case .class: return probability.map(\.exact) ?? "none"
    case .candidate:
      guard let score, let index = self.class else { return "no candidate" }
      return "class \(index) with score \(score.exact) in the box \(boxText)"
    }
  }

  private var boxText: String { "[\(box.map(\.exact).joined(separator: ", "))]" }
}

extension Figure {
  /// As many digits as it takes to read the number back.
  fileprivate var exact: String { value.isFinite ? "\(value)" : value.isNaN ? "NaN" : "infinity" }
}
