import ONNXGraph

/// A kind of output that detectors give out.
///
/// A new format is one file with one of these and one line in ``OutputFormats/all``.
package struct OutputFormat: Sendable {
  package let form: Form
  /// The outputs and what their columns hold.
  package let columns: String
  /// Who writes it.
  package let writers: String
  /// What a graph gives out in this format by its structure and shapes; `nil` where it does not.
  let recognize: @Sendable (Recognizer) -> Ending?
}

/// The formats, in the order in which a graph is held against them.
package enum OutputFormats {
  package static let all: [OutputFormat] = [
    .yoloLayer,
    .nmsPlugin,
    .rows,
    .boxesScoresLabels,
    .queriesBoxesScores,
    .boxesAndScores,
    .yolov5Decoded,
    .yoloxDecoded,
    .yolov8Decoded,
    .headMaps,
  ]
}

extension Ending {
  /// Finds what a graph gives out.
  ///
  /// - Parameters:
  ///   - metadata: the model's, for its class names.
  ///   - expectedClasses: how many classes the other graph has, where this one may not tell.
  ///   - declaration: what the user says of its outputs.
  ///   - lookup: types and shapes of the graph's tensors for the input it is to be run with.
  package static func recognize(
    _ graph: Graph, metadata: [String: String], expectedClasses: Int? = nil,
    declaration: OutputDeclaration = OutputDeclaration(), lookup: @escaping TensorLookup
  ) -> Ending {
    let recognizer = Recognizer(
      structure: GraphStructure(graph, lookup: lookup), metadata: metadata,
      namedClasses: ClassNames(metadata: metadata)?.count, expectedClasses: expectedClasses)
    let found =
      declaration.columns.flatMap(recognizer.declared)
      ?? OutputFormats.all.lazy.compactMap { $0.recognize(recognizer) }.first ?? Ending(.tensors)
    return found.declared(declaration, networkSize: recognizer.structure.inputSize)
  }
}
