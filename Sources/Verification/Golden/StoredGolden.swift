import BoxMath
import Detection
import Tensors

/// A record as its file holds it; ``golden()`` checks what it says.
///
/// What came with schema 2 is optional here: `stress`, `suppression`, and the images' `noise`.
struct StoredGolden: Decodable {
  let schema: Int
  let tool: String
  let model: Model
  let classes: [String?]
  let decode: Decode
  let preprocessing: Preparation
  let thresholds: Thresholds
  let suppression: Suppression?
  let seed: Int
  let inputs: String?
  let stress: StoredStress?
  let images: [StoredImage]

  struct Model: Decodable {
    let path: String
    let sha256: String
    let form: Form
    let precision: ElementType
  }

  struct Decode: Decodable {
    let scores: Cells.Scoring
    let scales: [Scale]?

    struct Scale: Decodable {
      let stride: [Double]
      let anchors: [[Float]]
    }
  }

  struct Preparation: Decodable {
    let resize: Preprocessing.Resize
    let channels: Preprocessing.ChannelOrder
    let scale: Double
    let pad: UInt8
    let rectangularStride: Int?
  }

  struct Suppression: Decodable {
    let `operator`: String
    let ints: [String: Int]
    let floats: [String: Float]
  }

  struct Thresholds: Decodable {
    let confidence: Float
    let iou: Float
    let maxDetections: Int
    let plugin: Float?
  }

  func golden() throws(GoldenError) -> Golden {
    try require((1...65536).contains(classes.count), "\(classes.count) classes")
    try require(!images.isEmpty, "no images")
    try require(preprocessing.scale.isFinite, "a scale that is not finite")
    try require(
      preprocessing.rectangularStride.map { (1...1024).contains($0) } ?? true, "a stride")
    let fractions = [thresholds.confidence, thresholds.iou, thresholds.plugin ?? 0]
    try require(
      fractions.allSatisfy { (0...1).contains($0) } && thresholds.maxDetections >= 1,
      "thresholds")
    let scales = try decode.scales?.map { (scale) throws(GoldenError) in
      try require(
        scale.stride.count == 2 && scale.stride.allSatisfy { $0 > 0 && $0 <= 65536 },
        "strides \(scale.stride)")
      try require(
        scale.anchors.allSatisfy { $0.count == 2 && $0.allSatisfy(\.isFinite) }, "anchors")
      return DecodeGeometry.Scale(
        strideX: scale.stride[0], strideY: scale.stride[1],
        anchors: scale.anchors.map { AnchorSize(width: $0[0], height: $0[1]) })
    }
    let decode = RecordedDecode(scoring: decode.scores, scales: scales)
    return Golden(
      schema: schema, tool: tool,
      model: RecordedModel(
        path: model.path, sha256: model.sha256, form: model.form, precision: model.precision),
      classNames: classes, decode: decode,
      preprocessing: RecordedPreprocessing(
        resize: preprocessing.resize, channels: preprocessing.channels,
        scale: preprocessing.scale, pad: preprocessing.pad,
        rectangularStride: preprocessing.rectangularStride),
      thresholds: RecordedThresholds(
        confidence: thresholds.confidence, iou: thresholds.iou,
        maximumDetections: thresholds.maxDetections, plugin: thresholds.plugin),
      suppression: try suppression.map { (suppression) throws(GoldenError) in
        try RecordedSuppression(
          operatorType: suppression.operator, ints: suppression.ints, floats: suppression.floats)
      }, seed: seed, inputs: inputs,
      stress: try stress.map { (stress) throws(GoldenError) in
        try stress.stress(classCount: classes.count, decode)
      },
      images: try images.map { (image) throws(GoldenError) in
        do {
          let image = try image.image(classCount: classes.count, decode)
          try image.requireDrawnSample(classCount: classes.count, seed: seed)
          return image
        } catch {
          throw GoldenError("image '\(shown: image.path)': \(error)")
        }
      })
  }
}

/// - Throws: that a record has `what`, which none can have.
func require(_ condition: Bool, _ what: @autoclosure () -> String) throws(GoldenError) {
  guard condition else { throw GoldenError("not a record: it has \(what()) that cannot be") }
}
