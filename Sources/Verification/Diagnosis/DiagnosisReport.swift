import BoxMath
import Detection

/// A mistake that would explain what is different.
public struct DiagnosisReport: Sendable, Codable, Equatable {
  /// What it is called; several where several mistakes act together.
  public var ids: [String]
  /// The share of the differing cells and candidates that it brings within tolerance.
  public var explains: Figure
  public var text: String

  public init(ids: [String], explains: Figure, text: String) {
    self.ids = ids
    self.explains = explains
    self.text = text
  }
}

extension DiagnosisReport {
  /// - Parameters:
  ///   - share: that it explains, stated rounded down.
  ///   - remainder: what is left of the errors, as the text has it.
  init(_ ids: [String], share: Double = 1, remainder: String = "", by text: String) {
    self.init(
      ids: ids, explains: Figure((share * 1e4).rounded(.down) / 1e4),
      text: "explained\(remainder) by: \(text)")
  }

  init(_ diagnosis: Diagnosis) {
    let left = [
      diagnosis.boxErrorPx > 0 ? Figure(diagnosis.boxErrorPx).text + " px" : nil,
      diagnosis.boxErrorPx == 0 && diagnosis.scoreError > 0
        ? Figure(diagnosis.scoreError).text + " in score" : nil,
    ].compactMap { $0 }.first
    self.init(
      diagnosis.ids, share: diagnosis.explains, remainder: left.map { " to " + $0 } ?? "",
      by: diagnosis.text)
  }
}

extension Report {
  /// Adds what explains the differences of the images, the best first, and spells out the numbers of
  /// the worst.
  mutating func explain(_ evidence: [DiagnosisEvidence]) {
    // The input with the most rows tells most.
    let order = evidence.indices.sorted { a, b in
      let (left, right) = (evidence[a].rows?.count ?? 0, evidence[b].rows?.count ?? 0)
      return (right, a) < (left, b)
    }
    let found = order.lazy.compactMap { Diagnoser(evidence[$0]) }.first?.diagnose() ?? []
    diagnosis = found.map { DiagnosisReport($0) }
    for evidence in evidence {
      guard let index = images.firstIndex(where: { $0.path == evidence.title }) else { continue }
      images[index].explain(evidence, found.first)
    }
  }
}

extension ImageReport {
  /// Candidates whose numbers are spelled out.
  private static let formulaLimit = 3

  fileprivate mutating func explain(_ evidence: DiagnosisEvidence, _ diagnosis: Diagnosis?) {
    if let explanation = Explanation(evidence, diagnosed: diagnosis?.recipe),
      let worst = cells?.worst, let number = evidence.heads.layout.number(of: worst),
      let original = evidence.referenceCells, let patched = evidence.cells, patched.knows(number)
    {
      let found = explanation.formulas(
        worst, original: .init(box: original.box(of: number)),
        patched: .init(box: patched.box(of: number)))
      cells?.formulas = found.isEmpty ? nil : found
    }
    let recipe = diagnosis?.recipeOfRows ?? diagnosis?.recipe
    guard let explanation = Explanation(evidence, diagnosed: recipe) else { return }
    for index in (candidates?.findings ?? []).indices.prefix(Self.formulaLimit) {
      candidates?.findings[index].explain(explanation)
    }
  }
}

extension FindingReport {
  fileprivate mutating func explain(_ explanation: Explanation) {
    guard let cell, let original, let patched else { return }
    let found = explanation.formulas(
      cell, original: original.numbers, patched: patched.numbers)
    formulas = found.isEmpty ? nil : found
  }
}

extension FindingReport.Side {
  fileprivate var numbers: Explanation.Numbers {
    let corners = boxInNetworkPixels.map { Float($0.value) }
    return Explanation.Numbers(
      box: Box(x1: corners[0], y1: corners[1], x2: corners[2], y2: corners[3]),
      score: Float(score.value))
  }
}
