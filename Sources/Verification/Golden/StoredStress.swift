import Detection
import Tensors

/// What a record holds of made-up maps, as its file holds it.
struct StoredStress: Decodable {
  let seed: UInt64
  let cases: Int
  let grids: [[Int]]
  let channels: Int
  let precision: ElementType
  let tolerance: DetectionTolerance
  let isDecoded: Bool
  let digest: String
  let means: [OfAnchor]

  struct OfAnchor: Decodable {
    let scale: Int
    let anchor: Int
    let box: [Float]
    let objectness: Float?
    let classes: [Float]
    let nonFinite: [Int]
  }
}

extension StoredStress {
  /// Numbers in a map that a check takes the room for.
  private static let numberLimit = 1 << 26

  func stress(classCount: Int, _ decode: RecordedDecode) throws(GoldenError) -> RecordedStress {
    let layout = try CellLayout(stored: grids, decode)
    try require((1...StressFeed.caseLimit).contains(cases), "\(cases) made-up cases")
    try require(
      channels >= 5 + classCount && channels <= Self.numberLimit / layout.cellCount,
      "\(channels) channels of an anchor")
    try require(
      [.float32, .float16, .bfloat16].contains(precision), "made-up maps of \(precision)")
    try require(!isDecoded || decode.scales != nil, "a decode without strides")
    try tolerance.requireStored()
    try require(means.map { [$0.scale, $0.anchor] } == layout.places, "means of anchors")
    let hasObjectness = decode.scoring == .objectnessAndClasses
    for line in means {
      try require(
        line.box.count == 4 && line.classes.count == classCount && line.nonFinite.count == 3
          && (line.objectness != nil) == hasObjectness, "means of an anchor")
    }
    return RecordedStress(
      fed: StressFeed(
        seed: seed, cases: cases, layout: layout, channels: channels, precision: precision),
      tolerance: tolerance, isDecoded: isDecoded, digest: digest,
      means: CellMeans(
        anchors: means.map {
          CellMeans.OfAnchor(
            scale: $0.scale, anchor: $0.anchor, box: $0.box, objectness: $0.objectness,
            classes: $0.classes, nonFinite: $0.nonFinite)
        }))
  }
}
