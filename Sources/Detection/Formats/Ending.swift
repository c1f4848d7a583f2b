import BoxMath

/// What a graph gives out, and in which tensors its detections stand.
///
/// ``recognize(_:metadata:expectedClasses:lookup:)`` finds it. After a run that observed
/// ``observedTensors``, `cells(in:image:geometry:)` and
/// `candidates(in:image:cells:rule:tolerance:)` read the detections. Which parts are there is what
/// may be asked; which format it is, only for its name.
package struct Ending: Sendable {
  package let form: Form
  /// Decoded boxes and scores of every cell.
  package var table: CellTable?
  /// Head maps that whoever reads them has to decode.
  package var maps: BareMaps?
  /// The `YoloLayer_TRT` that makes rows of head maps.
  package var yoloLayer: YoloLayerTail?
  /// The NMS that chooses rows among the cells of ``table``.
  package var suppression: NMSPluginTail?
  /// The rows that the graph keeps of its cells, where these are not read.
  package var kept: KeptRows?
  /// `nil` where the form has no classes, or does not tell.
  package var classCount: Int?
  /// What the structure alone tells of the decode; ``Probe`` tells more. `nil` where there are no
  /// cells.
  package var geometry: DecodeGeometry?
  /// Outputs that have no part in the detections.
  package var oneSidedOutputs: [String] = []
  /// What is wrong with the graph's end, whatever it is compared with.
  package var differences: [String] = []
  /// What is worth knowing and not wrong.
  package var notes: [String] = []

  /// What of its numbers' meaning is shown by experiment.
  package var shown = Shown(boxes: false, scores: false)
  /// Whether whoever reads the numbers takes them for what ``table`` says, whatever they are: a
  /// plugin as its attributes have it, a parser as the columns of the format are fixed.
  package var fixesMeaning = false

  package struct Shown: Sendable, Equatable {
    package var boxes: Bool
    package var scores: Bool
  }

  init(_ form: Form) { self.form = form }

  /// Who takes the numbers for what ``table`` says.
  var meaningOwner: String { suppression?.plugin.title ?? "a parser of \(form.rawValue)" }

  /// The tensors a run has to keep for the detections to be read.
  package var observedTensors: [String] {
    cellTensors + (yoloLayer?.outputs ?? suppression?.rowTensors ?? kept?.names ?? [])
  }

  /// The tensors cells are read from: those of ``observedTensors`` that a plugin does not make.
  package var cellTensors: [String] {
    table?.names ?? maps?.maps.map(\.name) ?? yoloLayer?.maps.map(\.name) ?? []
  }

  /// What the graph itself drops candidates by: its plugin's threshold.
  package var ownRule: CandidateRule? {
    if let yoloLayer {
      return CandidateRule(threshold: yoloLayer.parameters.scoreThreshold, measure: .objectness)
    }
    return suppression?.plugin.rule
  }

  /// The head maps that decoded rows are made from; what ``Probe`` feeds.
  package var decodedHeads: [HeadMap] { table?.heads ?? [] }

  /// Whether the graph leaves the decode to whoever reads its head maps.
  package var needsGeometry: Bool { maps != nil }

  /// Whether there is a plugin whose inputs could not be read.
  package var hasUnreadablePlugin: Bool { form == .yoloLayerPlugin && yoloLayer == nil }

  /// Whether the rows given out are those of `YoloLayer_TRT`, which keeps every candidate.
  package var givesOutCandidates: Bool { yoloLayer != nil }
}

/// Head maps that are given out as they are.
package struct BareMaps: Sendable {
  /// Finest first.
  package let maps: [HeadMap]
  package let areThroughSigmoid: Bool
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
