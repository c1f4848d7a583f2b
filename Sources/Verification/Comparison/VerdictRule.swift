extension Verdict {
  /// The rule by which every verdict is assigned, of one image as of a whole comparison: one
  /// difference decides; without any, something that could have differed has to agree, and nothing
  /// that was to be compared may be missing.
  ///
  /// - Parameters:
  ///   - differs: whether a difference was found.
  ///   - agrees: whether something that could have differed was compared and agrees.
  ///   - isComplete: whether all that was to be compared could be read and run.
  init(differs: Bool, agrees: Bool, isComplete: Bool = true) {
    self = differs ? .different : agrees && isComplete ? .equivalent : .undecided
  }
}

extension Report {
  /// Adds what was found on one image, its reasons and notes under its name.
  mutating func add(_ image: ImageReport, _ judgement: Judgement) {
    var image = image
    image.verdict = judgement.verdict
    image.checks = judgement.checks(image)
    images.append(image)
    reasons += judgement.reasons.map { "\(image.path): \($0)" }
    notes += judgement.notes.map { "\(image.path): \($0)" }
  }

  /// Adds an image that could not be read, run or compared, for these reasons.
  mutating func add(_ image: ImageReport, failed lines: [String]) {
    var image = image
    image.checks = CheckReport.failed(lines)
    images.append(image)
    for line in lines { fail(line) }
  }

  mutating func fail(_ reason: String) {
    reasons.append(reason)
    failures.append(reason)
  }

  /// Assigns the verdict that the images, what differs beside them and the failures come to.
  ///
  /// - Parameters:
  ///   - differences: reasons that are of no image, as those of a stress test.
  ///   - isComplete: whether all could be compared, failures aside.
  mutating func conclude(_ differences: [String] = [], isComplete: Bool = true) {
    reasons += differences
    verdict = Verdict(
      differs: !differences.isEmpty || images.contains { $0.verdict == .different },
      agrees: images.contains { $0.verdict == .equivalent },
      isComplete: isComplete && failures.isEmpty)
  }
}
