import BoxMath
import Detection

/// An image of a record as its file holds it; `image(classCount:_:)` checks what it says.
struct StoredImage: Decodable {
  let path: String
  let sha256: String
  let batchIndex: Int?
  let input: Input
  let grids: [[Int]]
  let tolerance: DetectionTolerance
  let noise: Noise?
  let cellDigest: String
  let anchorStatistics: [OfAnchor]
  let classStatistics: [OfScale]
  let cells: [StoredCell]
  let candidates: [StoredCandidate]
  let detections: [StoredDetection]

  struct Input: Decodable {
    let shape: [Int]
    let sha256: String
    let placement: StoredPlacement?
  }

  struct Noise: Decodable {
    let boxPx: Float
    let score: Float
    let outputs: [Output]

    struct Output: Decodable {
      let name: String
      let maxError: Float
      let rmsError: Float
    }
  }

  struct StoredPlacement: Decodable {
    let source: [Int]
    let scaled: [Int]
    let at: [Int]
  }

  struct OfAnchor: Decodable {
    let scale: Int
    let anchor: Int
    let boxMean: [Float]
    let boxLeast: [Float]
    let boxLargest: [Float]
    let objectness: [Float]?
  }

  struct OfScale: Decodable {
    let scale: Int
    let mean: [Float]
    let largest: [Float]
  }

  struct StoredCell: Decodable {
    let cell: [Int]
    let box: [Float]
    let objectness: Float?
    let scores: [Float]
  }

  struct StoredCandidate: Decodable {
    let cell: [Int]
    let box: [Float]
    let score: Float
    let `class`: Int
    let objectness: Float?
    let probability: Float
    let next: Next?
  }

  /// A class with its probability.
  struct Next: Decodable {
    let classIndex: Int
    let probability: Float

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      classIndex = try container.decode(Int.self)
      probability = try container.decode(Float.self)
    }
  }

  struct StoredDetection: Decodable {
    let cell: [Int]?
    let box: [Float]
    let score: Float
    let `class`: Int
    let boxInPicture: [Float]
  }
}

extension StoredImage {
  /// Numbers of known cells that an image may have.
  private static let numberLimit = 1 << 26

  func image(classCount: Int, _ decode: RecordedDecode) throws(GoldenError) -> RecordedImage {
    let layout = try CellLayout(stored: grids, decode)
    let hasObjectness = decode.scoring == .objectnessAndClasses
    try require(
      (cells.count + candidates.count) * (5 + classCount) <= Self.numberLimit,
      "\(cells.count + candidates.count) cells of \(classCount) classes")
    try tolerance.requireStored()
    try require(batchIndex.map { $0 >= 0 } ?? true, "a place in the batch")
    let sample = try cells.map { (cell) throws(GoldenError) in
      try require(cell.scores.count == classCount, "\(cell.scores.count) scores of a cell")
      try require((cell.objectness != nil) == hasObjectness, "an objectness")
      return KnownCell(
        cell: try layout.number(of: cell.cell), boxInNetworkPixels: try Box(stored: cell.box),
        objectness: cell.objectness, classScores: cell.scores)
    }
    let candidates = try candidates.map { (candidate) throws(GoldenError) in
      try candidate.candidate(layout, classCount: classCount, hasObjectness: hasObjectness)
    }
    for numbers in [sample.map(\.cell), candidates.map(\.cell)] {
      try require(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "an order of cells")
    }
    return RecordedImage(
      path: path, sha256: sha256, batchIndex: batchIndex, input: try recordedInput(),
      layout: layout, tolerance: tolerance, noise: noise.map { $0.noise }, cellDigest: cellDigest,
      statistics: try statistics(layout, classCount: classCount, hasObjectness: hasObjectness),
      sample: sample, candidates: candidates,
      detections: try detections.map { (detection) throws(GoldenError) in
        try detection.detection(layout, classCount: classCount)
      })
  }

  private func recordedInput() throws(GoldenError) -> RecordedInput {
    let shape = input.shape
    try require(
      shape.count == 4 && shape.allSatisfy { (1...65536).contains($0) }, "an input \(shape)")
    let placement = try input.placement.map { (placement) throws(GoldenError) in
      let sizes = placement.source + placement.scaled
      try require(
        sizes.count == 4 && sizes.allSatisfy { (1...1 << 20).contains($0) }
          && placement.at.count == 2 && placement.at.allSatisfy { (0...65536).contains($0) },
        "a placement")
      return Placement(
        sourceWidth: sizes[0], sourceHeight: sizes[1], scaledWidth: sizes[2],
        scaledHeight: sizes[3], left: placement.at[0], top: placement.at[1],
        networkWidth: shape[3], networkHeight: shape[2])
    }
    return RecordedInput(shape: shape, sha256: input.sha256, placement: placement)
  }

  private func statistics(
    _ layout: CellLayout, classCount: Int, hasObjectness: Bool
  ) throws(GoldenError) -> CellStatistics {
    try require(
      anchorStatistics.map { [$0.scale, $0.anchor] } == layout.places, "statistics of anchors")
    try require(
      classStatistics.map(\.scale) == Array(layout.scales.indices), "statistics of scales")
    for line in anchorStatistics {
      try require(
        [line.boxMean, line.boxLeast, line.boxLargest].allSatisfy { $0.count == 4 }
          && line.objectness.map { $0.count == 2 } ?? !hasObjectness, "statistics of an anchor")
    }
    for line in classStatistics {
      try require(
        line.mean.count == classCount && line.largest.count == classCount,
        "statistics of \(line.mean.count) classes")
    }
    return CellStatistics(
      anchors: anchorStatistics.map {
        CellStatistics.OfAnchor(
          scale: $0.scale, anchor: $0.anchor, boxMean: $0.boxMean, boxLeast: $0.boxLeast,
          boxLargest: $0.boxLargest, objectness: $0.objectness)
      },
      classes: classStatistics.map {
        CellStatistics.OfScale(scale: $0.scale, mean: $0.mean, largest: $0.largest)
      })
  }
}

extension StoredImage.StoredCandidate {
  fileprivate func candidate(
    _ layout: CellLayout, classCount: Int, hasObjectness: Bool
  ) throws(GoldenError) -> RecordedCandidate {
    try require((-1..<classCount).contains(`class`), "class \(`class`)")
    try require(next.map { (0..<classCount).contains($0.classIndex) } ?? true, "a next class")
    try require((objectness != nil) == hasObjectness, "an objectness")
    return RecordedCandidate(
      candidate: Candidate(
        cell: try layout.number(of: cell), boxInNetworkPixels: try Box(stored: box),
        score: score, classIndex: `class`),
      objectness: objectness, probability: probability,
      next: next.map { .init(classIndex: $0.classIndex, probability: $0.probability) })
  }
}

extension StoredImage.StoredDetection {
  fileprivate func detection(
    _ layout: CellLayout, classCount: Int
  ) throws(GoldenError) -> RecordedDetection {
    try require((-1..<classCount).contains(`class`), "class \(`class`)")
    try require(boxInPicture.count == 4, "a box of \(boxInPicture.count) numbers")
    return RecordedDetection(
      object: DetectedObject(
        boxInNetworkPixels: try Box(stored: box), score: score, classIndex: `class`,
        cell: try cell.map { (cell) throws(GoldenError) in layout[try layout.number(of: cell)] }),
      boxInPicture: boxInPicture)
  }
}

extension StoredImage.Noise {
  fileprivate var noise: RecordedNoise {
    RecordedNoise(
      boxPx: boxPx, score: score,
      outputs: outputs.map { .init(name: $0.name, maxError: $0.maxError, rmsError: $0.rmsError) })
  }
}

extension Box {
  fileprivate init(stored corners: [Float]) throws(GoldenError) {
    try require(corners.count == 4, "a box of \(corners.count) numbers")
    self.init(x1: corners[0], y1: corners[1], x2: corners[2], y2: corners[3])
  }
}
