import Detection
import Tensors

/// A record of what a model detects in some images, against which another graph, a re-export or the
/// outputs of an engine are held later.
///
/// It is small because it does not hold every cell of the heads: it holds every candidate, a seeded
/// sample of the cells, statistics over all of them, and what the model's end makes of made-up head
/// maps. Boxes are in pixels of the network's input.
public struct Golden: Sendable, Equatable {
  /// The version of the format that is written.
  public static let schema = 2

  /// The version of the format it was read from.
  package var schema = Golden.schema
  /// What made the record.
  package var tool: String
  package var model: RecordedModel
  /// Names of the classes by index; `nil` for one without a name.
  package var classNames: [String?]
  package var decode: RecordedDecode
  package var preprocessing: RecordedPreprocessing
  package var thresholds: RecordedThresholds
  /// The NMS plugin that the model ends in; `nil` where it ends in none.
  package var suppression: RecordedSuppression?
  /// What the sample of cells was drawn with.
  package var seed: Int
  /// The file beside the record that holds the prepared inputs, if there is one.
  package var inputs: String?
  /// What the model's end makes of made-up maps; `nil` where it was not fed any.
  package var stress: RecordedStress?
  package var images: [RecordedImage]

  package var classCount: Int { classNames.count }

  /// What it holds, in a few words.
  public var summary: String {
    let candidates = images.reduce(0) { $0 + $1.candidates.count }
    let detections = images.reduce(0) { $0 + $1.detections.count }
    return "\(images.count) images, \(candidates) candidates, \(detections) detections"
  }
}

/// The model a record was made of.
package struct RecordedModel: Sendable, Equatable {
  /// From the folder of the record.
  package var path: String
  package var sha256: String
  package var form: Form
  /// The narrowest floating-point type of its tensors.
  package var precision: ElementType
}

/// How cells become boxes, and what their scores are.
package struct RecordedDecode: Sendable, Equatable {
  package var scoring: Cells.Scoring
  /// Strides and anchors, finest scale first; `nil` when the model does not tell.
  package var scales: [DecodeGeometry.Scale]?
}

package struct RecordedPreprocessing: Sendable, Equatable {
  package var resize: Preprocessing.Resize
  package var channels: Preprocessing.ChannelOrder
  package var scale: Double
  package var pad: UInt8
  /// What a letterbox pads to the multiples of, where it does not fill the whole input.
  package var rectangularStride: Int?
}

package struct RecordedThresholds: Sendable, Equatable {
  package var confidence: Float
  package var iou: Float
  package var maximumDetections: Int
  /// A plugin's own threshold: on the objectness, or of an NMS plugin on the product, where it is
  /// above the confidence; `nil` without one.
  package var plugin: Float?

  /// What the candidates reach.
  package var candidates: Float { plugin ?? confidence }
}

/// An NMS plugin as its node configures it.
package struct RecordedSuppression: Sendable, Equatable {
  package var plugin: NMSPlugin
  package var operatorType: String
  package var ints: [String: Int]
  package var floats: [String: Float]
}

/// What was recorded of one image.
package struct RecordedImage: Sendable, Equatable {
  /// From the folder of the record.
  package var path: String
  /// Of the file's bytes.
  package var sha256: String
  /// The place in the batch; `nil` for a picture.
  package var batchIndex: Int?
  package var input: RecordedInput
  /// Anchors, rows and columns of each scale, finest first.
  package var layout: CellLayout
  /// How far another graph may be apart.
  package var tolerance: DetectionTolerance
  /// What rounding does to the model's numbers; `nil` where it was not measured.
  package var noise: RecordedNoise?
  /// SHA-256 of the bits of all cells.
  package var cellDigest: String
  package var statistics: CellStatistics
  /// Some of the cells, in the order of their numbers.
  package var sample: [KnownCell]
  /// In the order of their cells.
  package var candidates: [RecordedCandidate]
  /// Highest score first; what the NMS plugin gives out above the confidence, where there is one.
  package var detections: [RecordedDetection]
}

/// The prepared tensor of an image.
package struct RecordedInput: Sendable, Equatable {
  /// `[N,3,H,W]` for a picture.
  package var shape: [Int]
  /// Of the tensor's bytes; of float32 `[1,3,H,W]` for a picture, whatever the model takes.
  package var sha256: String
  /// Where the picture lies in it; `nil` for a tensor.
  package var placement: Placement?
}

package struct RecordedCandidate: Sendable, Equatable {
  package var candidate: Candidate
  /// `nil` where there are products only.
  package var objectness: Float?
  /// The probability (or product) of its class.
  package var probability: Float
  /// The class that comes next, with its probability; `nil` where there is one class.
  package var next: RunnerUp?

  package struct RunnerUp: Sendable, Equatable {
    package var classIndex: Int
    package var probability: Float
  }

  package var cell: Int { candidate.cell! }
}

package struct RecordedDetection: Sendable, Equatable {
  package var object: DetectedObject
  /// In pixels of the picture, clipped to it.
  package var boxInPicture: [Float]
}

/// Why there is no record: one line.
public struct GoldenError: Error, CustomStringConvertible, Sendable {
  public let description: String

  init(_ description: String) { self.description = description }
}
