import BoxMath
import ONNXGraph
import Tensors

extension Ending {
  /// Finds what a graph ends in.
  ///
  /// - Parameters:
  ///   - metadata: the model's, for its class names.
  ///   - expectedClasses: how many classes the other graph has, where this one may not tell.
  ///   - lookup: types and shapes of the graph's tensors for the input it is to be run with.
  package static func recognize(
    _ graph: Graph, metadata: [String: String], expectedClasses: Int? = nil,
    lookup: @escaping TensorLookup
  ) -> Ending {
    let recognizer = Recognizer(
      structure: GraphStructure(graph, lookup: lookup),
      namedClasses: ClassNames(metadata: metadata)?.count, expectedClasses: expectedClasses)
    return recognizer.plugin() ?? recognizer.boxesAndScores() ?? recognizer.decodedRows()
      ?? recognizer.classMajor() ?? recognizer.heads() ?? Ending(tail: .named(.tensors))
  }
}

/// A graph with what its metadata and the other graph say of its classes.
struct Recognizer {
  let structure: GraphStructure
  let namedClasses: Int?
  let expectedClasses: Int?

  /// A floating-point output with its shape.
  struct Output {
    let name: String
    let shape: Shape
  }

  var outputNames: [String] { structure.graph.outputs.map(\.name) }

  var floatOutputs: [Output] {
    outputNames.compactMap { name in
      guard let description = structure.lookup(name), description.elementType.isFloatingPoint
      else { return nil }
      return Output(name: name, shape: description.shape)
    }
  }

  func outputs(without names: [String]) -> [String] { outputNames.filter { !names.contains($0) } }

  /// Height and width of the network's input.
  var inputSize: (height: Int, width: Int)? {
    for input in structure.graph.inputs {
      guard let shape = structure.lookup(input.name)?.shape, shape.rank == 4 else { continue }
      let isChannelsLast = shape[3] <= 4 && shape[1] > 4
      return isChannelsLast ? (shape[1], shape[2]) : (shape[2], shape[3])
    }
    return nil
  }

  /// The grids a detector of the family has on this input, when they make `cellCount` cells.
  func familiarLayout(cellCount: Int, anchors: [Int]) -> CellLayout? {
    guard let (height, width) = inputSize, height > 0, width > 0 else { return nil }
    for strides in [[8, 16, 32], [16, 32], [8, 16, 32, 64], [4, 8, 16, 32], [32]] {
      for count in anchors {
        let layout = CellLayout(
          strides.map { (count, (height - 1) / $0 + 1, (width - 1) / $0 + 1) })
        if layout.cellCount == cellCount { return layout }
      }
    }
    return nil
  }

  // MARK: Decoded rows

  /// `[N, A, 5+nc]`, made from head maps or with as many rows as such heads have cells.
  func decodedRows() -> Ending? {
    let candidates = floatOutputs.filter { $0.shape.rank == 3 && $0.shape[2] > 5 }
    for output in candidates {
      if let heads = structure.heads(
        behind: [output.name], channels: output.shape[2], cellCount: output.shape[1])
      {
        return decodedRows(output, heads: heads, layout: heads.layout)
      }
    }
    for output in candidates {
      if let layout = familiarLayout(cellCount: output.shape[1], anchors: [3]) {
        return decodedRows(output, heads: [], layout: layout)
      }
    }
    return nil
  }

  private func decodedRows(_ output: Output, heads: [HeadMap], layout: CellLayout) -> Ending {
    let others = outputs(without: [output.name])
    let classes = classes(ofWidth: output.shape[2], before: 5, otherOutputs: others)
    return Ending(
      tail: .decodedRows(output: output.name, heads: heads), classCount: classes.count,
      geometry: DecodeGeometry(layout: layout), oneSidedOutputs: others,
      differences: classes.differences, notes: classes.notes)
  }

  /// `[N, 4+nc, A]` with as many columns as heads without anchors have cells.
  func classMajor() -> Ending? {
    for output in floatOutputs where output.shape.rank == 3 && output.shape[1] > 4 {
      let (width, cellCount) = (output.shape[1], output.shape[2])
      let layout = familiarLayout(cellCount: cellCount, anchors: [1])
      let isNamed = namedClasses.map { $0 + 4 == width && cellCount > width } ?? false
      guard layout != nil || isNamed else { continue }
      let others = outputs(without: [output.name])
      let classes = classes(ofWidth: width, before: 4, otherOutputs: others)
      return Ending(
        tail: .classMajor(output: output.name), classCount: classes.count,
        geometry: DecodeGeometry(layout: layout ?? CellLayout(rows: cellCount)),
        oneSidedOutputs: others, differences: classes.differences, notes: classes.notes)
    }
    return nil
  }

  /// How many of the columns after the first `before` are classes.
  ///
  /// A segmentation model has mask coefficients behind its classes and gives out as many
  /// prototypes.
  private func classes(
    ofWidth width: Int, before: Int, otherOutputs: [String]
  ) -> (count: Int, differences: [String], notes: [String]) {
    let room = width - before
    guard let named = namedClasses ?? expectedClasses, named != room else { return (room, [], []) }
    let extra = room - named
    let prototypes = otherOutputs.contains { name in
      structure.lookup(name).map { $0.shape.rank == 4 && $0.shape[1] == extra } ?? false
    }
    if named > 0, extra > 0, prototypes {
      return (named, [], ["\(extra) mask coefficients of each row are not compared"])
    }
    guard namedClasses != nil else { return (room, [], []) }
    return (
      room, ["the metadata names \(named) classes, but the output has room for \(room)"], []
    )
  }

  // MARK: Boxes and scores

  /// Boxes `[N, A, 4]` or `[N, A, 1, 4]` and scores `[N, A, nc]`.
  func boxesAndScores() -> Ending? {
    let outputs = floatOutputs
    let boxes = outputs.filter(isBoxes).sorted { $0.shape.rank > $1.shape.rank }
    for box in boxes {
      for score in outputs
      where score.name != box.name && score.shape.rank == 3
        && score.shape[0] == box.shape[0] && score.shape[1] == box.shape[1] && score.shape[2] > 0
      {
        return boxesAndScores(box, score)
      }
    }
    return nil
  }

  func isBoxes(_ output: Output) -> Bool {
    let shape = output.shape
    return shape.rank == 3 && shape[2] == 4 || shape.rank == 4 && shape[2] == 1 && shape[3] == 4
  }

  private func boxesAndScores(_ boxes: Output, _ scores: Output) -> Ending {
    let (tensors, layout) = boxesAndScores(boxes, scores)
    return Ending(
      tail: .boxesAndScores(tensors), classCount: scores.shape[2],
      geometry: DecodeGeometry(layout: layout),
      oneSidedOutputs: outputs(without: [boxes.name, scores.name]),
      differences: classDifferences(scores.shape[2], "the output has"))
  }

  /// Boxes and scores with the heads behind them, and the cells they are of.
  func boxesAndScores(
    _ boxes: Output, _ scores: Output
  ) -> (tensors: BoxesAndScores, layout: CellLayout) {
    let (cellCount, classCount) = (scores.shape[1], scores.shape[2])
    let heads =
      structure.heads(
        behind: [boxes.name, scores.name], channels: 5 + classCount, cellCount: cellCount) ?? []
    let layout =
      heads.isEmpty
      ? familiarLayout(cellCount: cellCount, anchors: [3, 1]) ?? CellLayout(rows: cellCount)
      : heads.layout
    return (BoxesAndScores(boxes: boxes.name, scores: scores.name, heads: heads), layout)
  }

  /// What is wrong when the metadata names another number of classes than there is.
  ///
  /// - Parameter place: what has the classes, as a subject and its verb.
  func classDifferences(_ classCount: Int, _ place: String) -> [String] {
    guard let namedClasses, namedClasses != classCount else { return [] }
    return ["the metadata names \(namedClasses) classes, but \(place) \(classCount)"]
  }
}
