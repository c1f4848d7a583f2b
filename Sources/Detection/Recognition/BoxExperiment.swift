import BoxMath
import ONNXGraph
import Tensors

/// Finds out what the numbers of boxes and scores are where rows cannot be traced to the cells of a
/// grid: rows that a graph keeps of its cells, and those that a transformer makes of its queries.
///
/// The last learned layers are given values whose boxes are known: all 0, where the boxes of a grid's
/// cells lie side by side; and so large that a sigmoid gives 0 or 1, where the boxes of a query reach
/// from one end of the image to the other.
package struct BoxExperiment: Sendable {
  /// The part of the graph from the learned layers to boxes and scores.
  package let graph: Graph
  /// What to feed it: zeros; large numbers; and the same with the first number of each box large and
  /// the other three small.
  package let runs: [[String: Tensor]]

  private let table: CellTable
  private let networkSize: (height: Int, width: Int)
  /// Whether the boxes are made from maps of a grid.
  private let isGrid: Bool
  /// Whether a layer gives four numbers for each box.
  private let hasBoxLayer: Bool

  /// - Returns: `nil` where the last learned layers are not found.
  package init?(_ graph: Graph, _ ending: Ending, lookup: @escaping TensorLookup) {
    guard let table = ending.kept?.table ?? ending.table, table.boxes.order == .rows else {
      return nil
    }
    let structure = GraphStructure(graph, lookup: lookup)
    guard let size = structure.inputSize, let names = structure.lastLearned(behind: table.names),
      !names.isEmpty
    else { return nil }
    var maps: [String: TensorDescription] = [:]
    for name in names {
      guard let description = lookup(name), description.elementType.isFloatingPoint,
        description.shape.elementCount > 0
      else { return nil }
      maps[name] = description
    }
    guard
      let part = try? graph.knowingShapes(lookup).extract(inputs: names, outputs: table.names)
    else { return nil }
    self.graph = part.declaring(maps)
    self.table = table
    networkSize = size
    let ofBoxes = structure.lastLearned(behind: [table.boxes.tensor]) ?? []
    isGrid = !ofBoxes.isEmpty && ofBoxes.allSatisfy { maps[$0]?.shape.rank == 4 }
    hasBoxLayer = ofBoxes.contains { maps[$0]?.shape.last == 4 && maps[$0]?.shape.rank != 4 }
    func fed(_ value: (_ width: Int, _ column: Int) -> Float) -> [String: Tensor] {
      maps.mapValues { description in
        let width = description.shape.last ?? 1
        return Tensor(Float.self, shape: description.shape) { values in
          for index in values.indices { values[index] = value(width, index % width) }
        }.converted(to: description.elementType)
      }
    }
    let large = LearnedMaps.saturating
    runs = [
      fed { _, _ in 0 }, fed { _, _ in large },
      fed { width, column in width == 4 && column > 0 ? -large : large },
    ]
  }

  /// - Parameter results: for each of ``runs``, the outputs of ``graph``.
  /// - Returns: what the boxes and the scores are, as far as they show it.
  package func finding(
    from results: [[String: Tensor]]
  ) -> (boxes: BoxPattern?, activation: ScoreActivation?) {
    guard results.count == runs.count else { return (nil, nil) }
    let boxes =
      isGrid
      ? numbers(table.boxes, 4, in: results[0]).flatMap(gridPattern)
      : hasBoxLayer ? numbers(table.boxes, 4, in: results[2]).flatMap(sidesPattern) : nil
    return (boxes, numbers(table.scores, 1, in: results[1]).flatMap(activation))
  }

  /// Some columns of the rows of a run, those of all images one behind the other.
  private func numbers(
    _ range: ColumnRange, _ count: Int, in tensors: [String: Tensor]
  ) -> [[Double]]? {
    guard let tensor = try? tensors[range.tensor]?.asFloat32(), tensor.shape.rank > 1 else {
      return nil
    }
    // Scores of one class may stand without an axis of their own.
    let width = tensor.shape.rank == 2 && range.first + count == 1 ? 1 : tensor.shape.last ?? 0
    guard width >= range.first + count, tensor.shape.elementCount > 0 else { return nil }
    return tensor.withElements(of: Float.self) { values in
      (0..<min(values.count / width, 4096)).map { row in
        (0..<count).map { Double(values[row * width + range.first + $0]) }
      }
    }
  }

  /// The boxes of cells side by side, with all that the network learned taken out of them.
  private func gridPattern(_ boxes: [[Double]]) -> BoxPattern? {
    var votes: [(coding: BoxCoding, step: Double)] = []
    // A cell may have a row for each class.
    var moves = 0
    for (box, next) in zip(boxes, boxes.dropFirst()) {
      let step = zip(next, box).map { $0 - $1 }
      let largest = step.map(abs).max() ?? 0
      guard largest > 0, largest.isFinite else { continue }
      moves += 1
      switch step.map({ abs($0) > largest / 2 }) {
      case [true, false, false, false]: votes.append((.centerAndSize, largest))
      case [true, false, true, false]: votes.append((.corners, largest))
      default: continue
      }
    }
    // From row to row of the grid more than one number moves.
    guard let coding = votes.first?.coding, votes.allSatisfy({ $0.coding == coding }),
      let step = votes.map(\.step).min(), votes.count > 1, votes.count * 2 > moves
    else { return nil }
    // A cell is never smaller than two pixels, nor larger than the image.
    if step >= 2 { return BoxPattern(coding, .pixels) }
    return step < 1 && step * Double(networkSize.width) >= 2
      ? BoxPattern(coding, .fractions(width: networkSize.width, height: networkSize.height)) : nil
  }

  /// Boxes whose centre is at the right or lower end, as the first number has it, and that have no size.
  private func sidesPattern(_ boxes: [[Double]]) -> BoxPattern? {
    guard let box = boxes.first, let far = box.max(), far > 0 else { return nil }
    guard let unit = unit(far) else { return nil }
    switch box.map({ abs($0) > far / 2 }) {
    case [true, false, false, false]: return BoxPattern(.centerAndSize, unit)
    case [true, false, true, false]: return BoxPattern(.corners, unit)
    case [false, true, false, false]: return BoxPattern(.centerAndSize, unit, isYFirst: true)
    case [false, true, false, true]: return BoxPattern(.corners, unit, isYFirst: true)
    default: return nil
    }
  }

  /// The unit in which the far end of the image is at `value`.
  private func unit(_ value: Double) -> BoxUnit? {
    if abs(value - 1) < 0.01 {
      return .fractions(width: networkSize.width, height: networkSize.height)
    }
    let isSide = abs(value / Double(networkSize.width) - 1) < 0.01
    return isSide ? .pixels : nil
  }

  /// What became of large numbers.
  private func activation(_ scores: [[Double]]) -> ScoreActivation? {
    let values = scores.joined()
    guard let largest = values.max() else { return nil }
    if values.allSatisfy({ (0...1).contains($0) }) { return .probability }
    return largest > Double(LearnedMaps.saturating) / 2 ? .logit : nil
  }
}

extension Graph {
  /// With the types and shapes of the inputs that are fed.
  func declaring(_ fed: [String: TensorDescription]) -> Graph {
    var graph = self
    graph.inputs = inputs.compactMap { input in
      fed[input.name].map { description in
        ValueInfo(
          name: input.name, elementType: description.elementType,
          dimensions: description.shape.map { .fixed($0) })
      }
    }
    return graph
  }
}
