import BoxMath
import Detection
import Tensors

extension RecordedImage {
  /// What a graph's run tells of one image.
  ///
  /// - Throws: why nothing can be recorded that another graph could be held against.
  init(
    _ side: DetectionSide, path: String, sha256: String, batchIndex: Int?, input: RecordedInput,
    frame: ImageFrame, thresholds: RecordedThresholds, tolerance: DetectionTolerance,
    noise: RecordedNoise?,
    seed: Int
  ) throws(GoldenError) {
    let cells = side.cells
    let statistics = cells.statistics
    if let place = statistics.nonFinitePlace {
      throw GoldenError("NaN or infinity at \(place): nothing could be held against it")
    }
    let rule = CandidateRule(forms: [side.form], own: [], confidence: thresholds.candidates)
    let found: CandidateSet
    do {
      found = try side.candidates(rule, tolerance)
    } catch {
      throw GoldenError("\(error)")
    }
    if let difference = found.differences.first { throw GoldenError(difference) }
    guard found.candidates.allSatisfy({ $0.cell != nil && $0.isFinite }) else {
      throw GoldenError("the plugin gives rows that come from none of its cells")
    }
    self.path = path
    self.sha256 = sha256
    self.batchIndex = batchIndex
    self.input = input
    layout = cells.layout
    self.tolerance = tolerance
    self.noise = noise
    cellDigest = cells.digest
    self.statistics = statistics
    let candidateCells = Set(found.candidates.compactMap(\.cell))
    // Rounding may carry a cell over the threshold: those just below it are kept, too.
    let near = cells.candidates(
      CandidateRule(threshold: rule.threshold - 2 * tolerance.score, measure: rule.measure)
    ).candidates.compactMap(\.cell).filter { !candidateCells.contains($0) }
    let drawn = CellSample.cells(of: layout, classCount: cells.classCount, seed: seed)
    sample = Set(drawn + near).sorted().map(cells.known)
    candidates = found.candidates.map { RecordedCandidate($0, in: cells) }
    let detectionRule = DetectionRule(
      confidence: thresholds.confidence, iou: thresholds.iou,
      maximumCount: thresholds.maximumDetections)
    let objects: [DetectedObject]
    do {
      objects = try side.recorded(found, detectionRule, tolerance)
    } catch {
      throw GoldenError("\(error)")
    }
    detections = objects.map { object in
      let box = frame.boxInSourcePixels(object.boxInNetworkPixels)
      return RecordedDetection(object: object, boxInPicture: [box.x1, box.y1, box.x2, box.y2])
    }
  }
}

extension DetectionSide {
  /// What is detected: by an NMS plugin, where the side ends in one.
  ///
  /// - Parameter candidates: those of the cells.
  fileprivate func recorded(
    _ candidates: CandidateSet, _ rule: DetectionRule, _ tolerance: DetectionTolerance
  ) throws -> [DetectedObject] {
    guard let suppressed else { return candidates.detections(rule) }
    let given = try suppressed.given(tolerance)
    if let difference = given.differences.first { throw GoldenError(difference) }
    return given.detections.filter { $0.score > rule.confidence }
  }
}

extension RecordedCandidate {
  fileprivate init(_ candidate: Candidate, in cells: Cells) {
    let known = cells.known(candidate.cell!)
    let scores = known.classScores
    self.candidate = candidate
    objectness = known.objectness
    probability = candidate.classIndex < 0 ? 0 : scores[candidate.classIndex]
    let others = scores.indices.filter { $0 != candidate.classIndex }
    next = others.first.map { first in
      let best = others.dropFirst().reduce(first) { scores[$1] > scores[$0] ? $1 : $0 }
      return RunnerUp(classIndex: best, probability: scores[best])
    }
  }
}

extension CellStatistics {
  /// The first scale and anchor of which a number is NaN or infinite.
  fileprivate var nonFinitePlace: String? {
    for line in anchors {
      let numbers = line.boxMean + line.boxLeast + line.boxLargest + (line.objectness ?? [])
      if !numbers.allSatisfy(\.isFinite) { return "scale \(line.scale), anchor \(line.anchor)" }
    }
    for line in classes {
      let index = line.mean.indices.first {
        !(line.mean[$0].isFinite && line.largest[$0].isFinite)
      }
      if let index { return "scale \(line.scale), class \(index)" }
    }
    return nil
  }
}
