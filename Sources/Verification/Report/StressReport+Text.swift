extension StressReport {
  var text: String {
    var text = "stress    \(cases) made-up cases behind \(heads.rawValue) heads, "
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
    return "coverage  images show \(share(imagesScaleAnchors, imagesClasses))"
      + (hasStress ? "; made-up cases \(share(stressScaleAnchors, stressClasses))" : "")
  }
}

extension StressCaseReport {
  /// - Parameter names: of the two sides.
  func text(_ names: Pair<String>) -> String {
    var fed = "x \(self.fed.x.exact), y \(self.fed.y.exact), width \(self.fed.width.exact), "
    fed += "height \(self.fed.height.exact), objectness \(self.fed.objectness.exact)"
    if let logit = self.fed.class { fed += ", class \(logit.exact)" }
    let what = term.rawValue + (self.class.map { " \($0)" } ?? "")
    return "\(cell), \(what): from the logits \(fed) \(names.original) makes "
      + "\(original.text(term)), \(names.patched) \(patched.text(term))"
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
