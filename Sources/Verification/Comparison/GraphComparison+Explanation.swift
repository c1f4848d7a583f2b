import Detection
import ONNXGraph
import Operators
import Tensors

extension ReadingPairs {
  /// The cells that two graphs made of one image.
  init(_ found: DetectionEvidence, _ frame: ImageFrame) {
    self.init(
      original: found.candidates.original, patched: found.candidates.patched,
      cells: (found.cells.original, found.cells.patched),
      different: found.comparedCells().differentCells, networkWidth: frame.networkWidth,
      networkHeight: frame.networkHeight, tolerance: found.tolerance)
  }
}

extension GraphComparison {
  /// Adds to a report what would explain that the graphs differ, or are not comparable.
  ///
  /// - Parameter known: what is known to be the cause, for which no other is looked for.
  func explain(_ report: inout Report, known: [DiagnosisReport] = []) {
    // Where the cells agree, what stands behind them is all that is wrong.
    let known = known.isEmpty && clues.cellsAgree ? clues.causes : known
    guard known.isEmpty else {
      report.diagnosis = known
      return
    }
    report.explain(clues.evidence)
    if report.diagnosis ?? [] == [],
      let found = clues.readings.flatMap({ ReadingDiagnosis($0).diagnose() })
    {
      report.diagnosis = [DiagnosisReport(found.ids, share: found.explains, by: found.text)]
    }
    report.diagnosis = StructuralDiagnosis(models).found + (report.diagnosis ?? [])
    guard report.diagnosis == [], report.verdict == .different else { return }
    if !clues.causes.isEmpty {
      report.diagnosis = clues.causes
      return
    }
    if let reason = outputThatIsTheSame() {
      report.diagnosis = [DiagnosisReport(["constant-output"], by: reason)]
      return
    }
    if let found = clues.networkTrial?.diagnose() {
      report.diagnosis = [found]
      return
    }
    let layers = report.drift?.namedLayers ?? []
    guard !layers.isEmpty else { return }
    report.diagnosis = [
      DiagnosisReport(
        ids: ["weights"], explains: 0,
        text: "nothing else explains it; most is added by " + layers.joined(separator: "; "))
    ]
  }

  /// Keeps what an image on which cells or rows differ shows of the cause.
  ///
  /// - Parameters:
  ///   - found: what was compared, and `judge` what compared it.
  ///   - network: the original's, to be run again with changes.
  ///   - patched: what the patched graph gave.
  mutating func keepClues(
    _ found: DetectionEvidence, _ sides: Pair<DetectionSide>, _ judge: DetectionJudge,
    _ network: ReferenceNetwork, _ pair: PreparedPair, _ geometries: Pair<DecodeGeometry>,
    _ patched: [String: Tensor], _ frame: ImageFrame, _ index: Int, _ report: ImageReport,
    _ judgement: Judgement
  ) {
    let cellsAgree = report.cells?.different == 0
    var kept = clues
    kept.add(
      causes: judgement.causes, cellsAgree: cellsAgree,
      evidence: {
        judge.diagnosisEvidence(found, report.path, judgement).map {
          var found = $0
          found.facts = facts(found.facts, pair)
          return found
        }
      },
      readings: {
        // Where a plugin's inputs agree, what it gives out does not.
        let rows =
          cellsAgree ? sides.patched.suppressed.flatMap { try? $0.given(judge.tolerance) } : nil
        guard let rows, !rows.pairs.isEmpty else { return ReadingPairs(found, frame) }
        return ReadingPairs(
          rows.pairs, cells: sides.patched.cells, networkWidth: frame.networkWidth,
          networkHeight: frame.networkHeight, tolerance: judge.tolerance)
      },
      networkTrial: {
        NetworkTrial(
          changes: NetworkChange.between(models.map(\.model), joint), before: .init(found)
        ) { [options] change in
          guard
            let tensors = network.tensors(pair.endings.original.observedTensors, after: change),
            let sides = try? Pair(
              pair.endings, geometries, Pair(original: tensors, patched: patched), image: index),
            let found = try? DetectionEvidence(
              sides, confidence: options.confidence, tolerance: judge.tolerance)
          else { return nil }
          return NetworkTrial.Count(found)
        }
      })
    clues = kept
  }

  /// The same of an image on which outputs differ that are compared as tensors.
  mutating func keepClues(
    _ network: ReferenceNetwork, _ pair: PreparedPair, _ results: Pair<[String: Tensor]>,
    _ tolerance: Double, _ judgement: Judgement
  ) {
    let names = models.original.model.graph.outputs.map(\.name)
    var kept = clues
    kept.add(
      causes: judgement.causes, cellsAgree: false, evidence: { [] }, readings: { nil },
      networkTrial: {
        NetworkTrial(
          changes: NetworkChange.between(models.map(\.model), joint),
          before: .init(outputs(results, pair), tolerance: tolerance)
        ) { [self] change in
          network.tensors(names, after: change).map {
            NetworkTrial.Count(
              outputs(Pair(original: $0, patched: results.patched), pair), tolerance: tolerance)
          }
        }
      })
    clues = kept
  }

  /// What is known of the patched graph without looking at numbers, with what its ending tells.
  func facts(_ facts: DiagnosisFacts, _ pair: PreparedPair) -> DiagnosisFacts {
    var facts = facts
    facts.sharesNetwork = !OperatorTable.accumulates(anyOf: joint.unsharedOperators)
    facts.narrowTypes = narrowTypes(pair)
    facts.changes = NetworkChange.between(models.map(\.model), joint)
    return facts
  }

  /// The 16-bit types that the patched graph computes in, or has its weights in, and the original not.
  func narrowTypes(_ pair: PreparedPair) -> [NarrowType] {
    var types: [NarrowType] = []
    let stored = pair.storedPrecisions
    if stored.original != stored.patched {
      types = NarrowType.allCases.filter { $0.rawValue == stored.patched.rawValue }
    }
    let weights = models.map { $0.model.weightTypes }
    return types + weights.patched.filter { !types.contains($0) && !weights.original.contains($0) }
  }

  /// A way to run the original's network again with a change.
  func network(
    _ source: ImageSource, _ image: PreparedImage, _ index: Int, _ pair: PreparedPair
  ) -> ReferenceNetwork {
    ReferenceNetwork(
      model: models.original, input: inputs.original, ending: pair.endings.original,
      tensor: image.tensors.original, image: index, team: team, convolution: options.convolution
    ) { [inputs, sizing, options] in
      source.stretched(for: inputs, sizing, options.preprocessing)
    }
  }
}
