import ONNXGraph
import Tensors

/// Where a column of an output comes from.
struct ColumnOrigin {
  /// Whether its numbers are whole: a class, an index, a count.
  let isWhole: Bool
  /// What its numbers last went through.
  let activation: Activation?

  enum Activation { case sigmoid, softmax, learned }
}

extension GraphStructure {
  /// Follows the last axis's column of a tensor back through operators that only move elements.
  ///
  /// - Parameter column: counted from the first of the last axis.
  func origin(ofColumn column: Int, of tensor: String) -> ColumnOrigin {
    let end = terminal(ofColumn: column, of: tensor, stopsAtWholeNumbers: true)
    if let type = lookup(end.tensor)?.elementType, !type.isFloatingPoint {
      return ColumnOrigin(isWhole: true, activation: nil)
    }
    guard let node = producer(of: end.tensor) else {
      return ColumnOrigin(isWhole: false, activation: nil)
    }
    let activation: ColumnOrigin.Activation? =
      switch node.operatorType {
      case "Sigmoid", "HardSigmoid": .sigmoid
      case "Softmax": .softmax
      default: isLearned(node) ? .learned : nil
      }
    return ColumnOrigin(isWhole: node.operatorType == "ArgMax", activation: activation)
  }

  /// The tensor and column that a column was moved from.
  ///
  /// - Parameter stopsAtWholeNumbers: whether a tensor of whole numbers is not followed further.
  func terminal(
    ofColumn column: Int, of tensor: String, stopsAtWholeNumbers: Bool = false
  ) -> (tensor: String, column: Int) {
    var (tensor, column) = (tensor, column)
    // A graph has no cycles, so the way back ends; the bound is for graphs that were not checked.
    for _ in 0...graph.nodes.count {
      if stopsAtWholeNumbers, let type = lookup(tensor)?.elementType, !type.isFloatingPoint {
        break
      }
      guard let node = producer(of: tensor), let next = step(back: node, column, of: tensor) else {
        break
      }
      (tensor, column) = next
    }
    return (tensor, column)
  }

  /// Where a column stands in an input of the node that moved it; `nil` where the node computes.
  private func step(
    back node: Node, _ column: Int, of tensor: String
  ) -> (tensor: String, column: Int)? {
    guard let first = node.inputs.first, !first.isEmpty else { return nil }
    switch node.operatorType {
    case "Concat": return concatenated(node, column, rank: lookup(tensor)?.shape.rank)
    case "Slice": return sliced(node, column)
    case "Split": return split(node, column, of: tensor)
    case "Squeeze", "Unsqueeze", "Reshape", "Flatten":
      // The same column only where the last axis stays, or is one wide on both sides.
      guard let from = lookup(first)?.shape, let to = lookup(tensor)?.shape else {
        return (first, column)
      }
      return (first, from.last == to.last ? column : 0)
    case "Transpose", "Identity", "Cast", "Dropout", "Expand", "Tile", "Gather", "GatherElements",
      "GatherND", "Compress", "Floor", "Round", "ScatterND", "ScatterElements", "Where", "Pad":
      let data = node.operatorType == "Where" ? self.data(of: node).last ?? first : first
      if ["ScatterND", "ScatterElements"].contains(node.operatorType), node.inputs.count > 2 {
        return (node.input(2), column)
      }
      return (data, column)
    case "TopK":
      return node.outputs.first == tensor ? (first, column) : nil
    case "Max", "ReduceMax", "Clip": return (first, column)
    case "Mul", "Add", "Sub", "Div":
      let data = self.data(of: node)
      return data.first.map { ($0, column) }
    default: return nil
    }
  }

  private func concatenated(_ node: Node, _ column: Int, rank: Int?) -> (String, Int)? {
    guard case .int(let axis)? = node.attributes["axis"] else { return nil }
    let isLast = axis == -1 || rank.map { Int(axis) == $0 - 1 } ?? true
    guard isLast else { return node.inputs.first.map { ($0, column) } }
    var rest = column
    for input in node.inputs {
      guard let width = lookup(input)?.shape.last else { return nil }
      if rest < width { return (input, rest) }
      rest -= width
    }
    return nil
  }

  private func sliced(_ node: Node, _ column: Int) -> (String, Int)? {
    guard node.inputs.count > 3, let starts = constant(node.input(1))?.wholeNumbers,
      let axes = constant(node.input(3))?.wholeNumbers,
      let shape = lookup(node.input(0))?.shape
    else { return (node.input(0), column) }
    for (start, axis) in zip(starts, axes) where axis == -1 || axis == shape.rank - 1 {
      return (node.input(0), column + (start < 0 ? start + (shape.last ?? 0) : start))
    }
    return (node.input(0), column)
  }

  private func split(_ node: Node, _ column: Int, of tensor: String) -> (String, Int)? {
    var axis = 0
    if case .int(let value)? = node.attributes["axis"] { axis = Int(value) }
    guard let shape = lookup(node.input(0))?.shape, axis == -1 || axis == shape.rank - 1 else {
      return (node.input(0), column)
    }
    var before = 0
    for output in node.outputs {
      if output == tensor { return (node.input(0), column + before) }
      guard let width = lookup(output)?.shape.last else { return nil }
      before += width
    }
    return nil
  }

  /// Nodes of some operators between `tensors` and the last learned layers, or all that is fed.
  func nodes(ofTypes types: Set<String>, behind tensors: [String]) -> [Node] {
    var found: [Node] = []
    var seen: Set<String> = []
    var pending = tensors
    while let tensor = pending.popLast() {
      guard seen.insert(tensor).inserted, let node = producer(of: tensor), !isLearned(node) else {
        continue
      }
      if types.contains(node.operatorType), !found.contains(where: { $0.outputs == node.outputs }) {
        found.append(node)
      }
      pending += node.inputs
    }
    return found
  }
}

extension Tensor {
  /// The elements of a tensor of whole numbers.
  var wholeNumbers: [Int]? {
    switch elementType {
    case .int64: elements(of: Int64.self).map { Int(truncatingIfNeeded: $0) }
    case .int32: elements(of: Int32.self).map { Int($0) }
    default: nil
    }
  }
}
