import Detection

/// What a diagnosis looks at, from the first inputs on which two graphs differ.
struct Clues {
  /// What mistakes in a decode that is understood are looked for in.
  var evidence: [DiagnosisEvidence] = []
  /// The same for mistakes in how numbers are written and read.
  private(set) var readings: ReadingPairs?
  /// The same for mistakes in the network.
  private(set) var networkTrial: NetworkTrial?
  /// Reasons that are a diagnosis by themselves, each once.
  private(set) var causes: [DiagnosisReport] = []
  /// Whether all cells agree on the first input.
  private(set) var cellsAgree = false
  private var isEmpty = true

  private static let evidenceLimit = 3

  /// Adds what one input shows.
  ///
  /// - Parameters:
  ///   - cellsAgree: whether all cells agree on it.
  ///   - evidence: asked for where it is among the first inputs; the others for the first alone.
  mutating func add(
    causes found: [DiagnosisReport], cellsAgree agree: Bool,
    evidence more: () -> [DiagnosisEvidence],
    readings pairs: () -> ReadingPairs?, networkTrial trial: () -> NetworkTrial?
  ) {
    causes += found.filter { cause in !causes.contains { $0.ids == cause.ids } }
    if evidence.count < Self.evidenceLimit { evidence += more() }
    guard isEmpty else { return }
    isEmpty = false
    cellsAgree = agree
    readings = pairs()
    networkTrial = trial()
  }
}
