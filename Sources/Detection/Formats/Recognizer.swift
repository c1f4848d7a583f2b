import BoxMath
import ONNXGraph
import Tensors

/// A graph with what its metadata and the other graph say of its classes.
struct Recognizer {
  let structure: GraphStructure
  let metadata: [String: String]
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

  /// The grids a detector of the family has on this input, when they make `cellCount` cells.
  func familiarLayout(cellCount: Int, anchors: [Int]) -> CellLayout? {
    guard let (height, width) = structure.inputSize, height > 0, width > 0 else { return nil }
    for strides in [[8, 16, 32], [16, 32], [8, 16, 32, 64], [4, 8, 16, 32], [32]] {
      for count in anchors {
        let layout = CellLayout(
          strides.map { (count, (height - 1) / $0 + 1, (width - 1) / $0 + 1) })
        if layout.cellCount == cellCount { return layout }
      }
    }
    return nil
  }

  // MARK: Classes

  /// How many of the columns after the first `before` are classes.
  ///
  /// A segmentation model has mask coefficients behind its classes and gives out as many
  /// prototypes.
  func classes(
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
    if named > 0, extra == extraOfTask { return (named, [], []) }
    guard namedClasses != nil else { return (room, [], []) }
    return (
      room, ["the metadata names \(named) classes, but the output has room for \(room)"], []
    )
  }

  /// The numbers that a cell has behind its classes by Ultralytics' metadata: those of keypoints, or
  /// one angle.
  private var extraOfTask: Int? {
    if metadata["task"] == "obb" { return 1 }
    guard metadata["task"] == "pose", let text = metadata["kpt_shape"] else { return nil }
    let sizes = text.split { !$0.isNumber }.compactMap { Int($0) }
    guard sizes.count == 2 else { return nil }
    let (product, isTooLarge) = sizes[0].multipliedReportingOverflow(by: sizes[1])
    return isTooLarge ? nil : product
  }

  /// What is wrong when the metadata names another number of classes than there is.
  ///
  /// - Parameter place: what has the classes, as a subject and its verb.
  func classDifferences(_ classCount: Int, _ place: String) -> [String] {
    guard let namedClasses, namedClasses != classCount else { return [] }
    return ["the metadata names \(namedClasses) classes, but \(place) \(classCount)"]
  }
}
