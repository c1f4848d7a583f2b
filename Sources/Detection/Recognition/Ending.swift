import BoxMath

/// What a graph ends in, with the tensors its detections are read from.
///
/// ``recognize(_:metadata:expectedClasses:lookup:)`` finds it from structure and shapes. After a
/// run that observed ``observedTensors``, `cells(in:image:geometry:)` and
/// `candidates(in:image:cells:rule:tolerance:)` read the detections.
package struct Ending: Sendable {
  package enum Tail: Sendable {
    /// Rows of cx, cy, w, h, objectness and classes, made from `heads` when those are known.
    case decodedRows(output: String, heads: [HeadMap])
    /// Head maps, finest first.
    case heads([HeadMap], throughSigmoid: Bool)
    case yoloLayer(YoloLayerTail)
    case boxesAndScores(BoxesAndScores)
    case suppressed(NMSPluginTail)
    /// Columns of cx, cy, w, h and classes.
    case classMajor(output: String)
    /// A form that is known by name only.
    case named(Form)
  }

  package let tail: Tail
  /// `nil` where the form has no classes, or does not tell.
  package let classCount: Int?
  /// What the structure alone tells of the decode; for decoded rows ``Probe`` tells more. `nil`
  /// where there are no cells.
  package let geometry: DecodeGeometry?
  /// Outputs that have no part in the detections.
  package let oneSidedOutputs: [String]
  /// What is wrong with the graph's end, whatever it is compared with.
  package let differences: [String]
  /// What is worth knowing and not wrong.
  package let notes: [String]

  init(
    tail: Tail, classCount: Int? = nil, geometry: DecodeGeometry? = nil,
    oneSidedOutputs: [String] = [], differences: [String] = [], notes: [String] = []
  ) {
    self.tail = tail
    self.classCount = classCount
    self.geometry = geometry
    self.oneSidedOutputs = oneSidedOutputs
    self.differences = differences
    self.notes = notes
  }

  package var form: Form {
    switch tail {
    case .decodedRows: .yolov5Decoded
    case .heads(_, let throughSigmoid): throughSigmoid ? .headsSigmoid : .headsLogit
    case .yoloLayer: .yoloLayerPlugin
    case .boxesAndScores: .boxesAndScores
    case .suppressed(let tail): tail.plugin.form
    case .classMajor: .yolov8Decoded
    case .named(let form): form
    }
  }

  /// The tensors a run has to keep for the detections to be read.
  package var observedTensors: [String] {
    switch tail {
    case .decodedRows(let output, _), .classMajor(let output): [output]
    case .heads(let maps, _): maps.map(\.name)
    case .yoloLayer(let tail): tail.maps.map(\.name) + tail.outputs
    case .boxesAndScores(let tensors): tensors.names
    case .suppressed(let tail): tail.inputs.names + tail.outputs
    case .named: []
    }
  }

  /// The tensors cells are read from: those of ``observedTensors`` that a plugin does not make.
  package var cellTensors: [String] {
    switch tail {
    case .yoloLayer(let tail): tail.maps.map(\.name)
    case .suppressed(let tail): tail.inputs.names
    default: observedTensors
    }
  }

  /// What the graph itself drops candidates by: its plugin's threshold.
  package var ownRule: CandidateRule? {
    switch tail {
    case .yoloLayer(let tail):
      CandidateRule(threshold: tail.parameters.scoreThreshold, measure: .objectness)
    case .suppressed(let tail): tail.plugin.rule
    default: nil
    }
  }

  /// The head maps that decoded rows are made from; what ``Probe`` feeds.
  package var decodedHeads: [HeadMap] {
    switch tail {
    case .decodedRows(_, let heads): heads
    case .boxesAndScores(let tensors): tensors.heads
    case .suppressed(let tail): tail.inputs.heads
    default: []
    }
  }
}

/// The tensors that hold the boxes of all cells and the scores of their classes.
package struct BoxesAndScores: Sendable {
  /// `[N, A, 4]` or `[N, A, 1, 4]`
  package let boxes: String
  /// `[N, A, nc]` or `[N, A, nc, 1]`
  package let scores: String
  /// What they are made from, finest first; empty where it is not known.
  package let heads: [HeadMap]
  package var coding = BoxCoding.corners
  package var scoresAreLogits = false
  /// What the boxes are corrections to: `[1, A, 4]` or `[N, A, 4]`; `nil` where they are decoded.
  package var anchors: String?

  package var names: [String] { [boxes, scores] + (anchors.map { [$0] } ?? []) }
}

/// A graph's end in `YoloLayer_TRT`.
package struct YoloLayerTail: Sendable {
  package let parameters: YoloLayerParameters
  /// The plugin's inputs, in its order: the anchors go with the places.
  package let maps: [HeadMap]
  /// What the maps are the sigmoids of, in the same order; `nil` where they are not.
  package let logits: [HeadMap]?
  /// The tensors that stand for the number of rows, boxes, scores and classes: the graph's
  /// outputs, or the plugin's own where the graph does not give one out.
  package let outputs: [String]
}
