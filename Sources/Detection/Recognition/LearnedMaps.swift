import ONNXGraph
import Operators
import Tensors

/// What a network's learned layers give to the operators behind them that learn nothing.
struct LearnedMaps {
  /// `[N, C, H, W]`
  struct Map: Equatable {
    let name: String
    let elementType: ElementType
    let shape: Shape
  }

  /// The maps of equal height and width together, largest first.
  let scales: [[Map]]
  /// Neighbouring blocks of channels that are cells of their own.
  let anchors: Int

  /// What no sigmoid tells from infinity.
  static let saturating: Float = 200

  var names: [String] { scales.flatMap { $0.map(\.name) } }
  var maps: [Map] { scales.flatMap { $0 } }

  var layout: CellLayout {
    CellLayout(scales.map { (anchors: anchors, rows: $0[0].shape[2], columns: $0[0].shape[3]) })
  }
}

extension GraphStructure {
  /// The maps that `tensors` are made from, when these hold a row for each cell.
  ///
  /// - Parameter cellCount: how many rows there are.
  /// - Returns: `nil` where the way back leads to the image or to anything that is no map, or where
  ///   the rows are not a whole number for each place of the maps.
  func learnedMaps(behind tensors: [String], cellCount: Int) -> LearnedMaps? {
    guard let scales = learnedScales(behind: tensors), cellCount > 0 else { return nil }
    let places = scales.reduce(0) { $0 + $1[0].shape[2] * $1[0].shape[3] }
    guard places > 0, cellCount % places == 0, (1...16).contains(cellCount / places) else {
      return nil
    }
    let anchors = cellCount / places
    guard scales.allSatisfy({ $0.allSatisfy { $0.shape[1] % anchors == 0 } }) else { return nil }
    return LearnedMaps(scales: scales, anchors: anchors)
  }

  /// The results of the last learned layers on each way back from `tensors`, where all are maps.
  func learnedScales(behind tensors: [String]) -> [[LearnedMaps.Map]]? {
    guard let names = lastLearned(behind: tensors), !names.isEmpty else { return nil }
    var scales: [[Int]: [LearnedMaps.Map]] = [:]
    for name in names {
      guard let found = lookup(name), found.shape.rank == 4, found.elementType.isFloatingPoint,
        found.shape.elementCount > 0
      else { return nil }
      scales[[found.shape[2], found.shape[3]], default: []].append(
        LearnedMaps.Map(name: name, elementType: found.elementType, shape: found.shape))
    }
    return scales.values.sorted {
      ($1[0].shape[2] * $1[0].shape[3], $0[0].shape[2]) < (
        $0[0].shape[2] * $0[0].shape[3], $1[0].shape[2]
      )
    }
  }

  /// The results of the last learned layers on each way back from `tensors`; `nil` where a way leads
  /// to what the graph is fed.
  ///
  /// - Parameter limit: how many tensors to look at.
  func lastLearned(behind tensors: [String], limit: Int = .max) -> [String]? {
    var found: [String] = []
    var seen: Set<String> = []
    var pending = Array(tensors.reversed())
    while let tensor = pending.popLast() {
      guard seen.insert(tensor).inserted else { continue }
      guard seen.count <= limit, let node = producer(of: tensor) else { return nil }
      if isLearned(node) {
        found.append(tensor)
      } else {
        pending += data(of: node).reversed()
      }
    }
    return found
  }

  /// The results of the last learned layers that a tensor is made from, where these are not many nodes
  /// away; `nil` where a way leads to what the graph is fed.
  package func learned(behind tensor: String) -> [String]? {
    lastLearned(behind: [tensor], limit: 64)
  }

  /// Whether a node multiplies by trained weights. A projection by round numbers, as of distance bins
  /// onto 0 to 15, or of corners onto centres, is a fixed function.
  func isLearned(_ node: Node) -> Bool {
    guard node.mixesChannels else { return false }
    let fixed = node.inputs.contains { input in
      guard let weights = constant(input), weights.shape.rank >= 2 else { return false }
      return weights.isOfRoundNumbers
        || weights.shape.elementCount <= Self.mostBins && isBehindSoftmax(node)
    }
    return !fixed
  }

  /// The most distance bins that a projection weighs.
  private static let mostBins = 64

  /// Whether what a node weighs is the result of a Softmax, merely moved: distance bins, which some
  /// networks weigh by numbers of their own.
  private func isBehindSoftmax(_ node: Node) -> Bool {
    var inputs = data(of: node)
    while inputs.count == 1, let before = producer(of: inputs[0]) {
      if before.applies(Softmax.self) { return true }
      guard before.definition?.rearranges ?? false else { return false }
      inputs = data(of: before)
    }
    return false
  }

  /// The value of a tensor that an initializer or a Constant node holds.
  func constant(_ tensor: String) -> Tensor? {
    if let value = graph.initializers[tensor] { return value }
    guard let node = producer(of: tensor), node.operatorType == "Constant",
      case .tensor(let value)? = node.attributes["value"]
    else { return nil }
    return value
  }
}

extension Tensor {
  /// Whether there are few elements and each is a multiple of a quarter below 1024.
  package var isOfRoundNumbers: Bool {
    guard elementType == .float32, shape.elementCount <= 256 else { return false }
    return withElements(of: Float.self) { values in
      values.allSatisfy { abs($0) < 1024 && ($0 * 4).rounded() == $0 * 4 }
    }
  }
}
