import Detection
import ONNXGraph
import Operators
import Tensors

/// What becomes of the original's outputs, by their names, where detections are compared.
///
/// An output of the original that the patched graph lacks, gives another shape or type, another
/// value or twice is a difference, unless detections are read from it on the original's side only.
struct NamedOutputs: Sendable {
  /// Outputs of both graphs that are compared as tensors.
  private(set) var compared: [String] = []
  private(set) var differences: [String] = []
  private(set) var skipped: [NotComparedReport] = []
  /// The columns behind boxes and scores (mask coefficients, keypoints) of the output that both
  /// graphs' detections are read from: its name, the axis of columns and the first of them.
  private(set) var extraColumns: (output: String, axis: Int, first: Int)?
  /// What those columns are, by their number and the other outputs.
  private var extraKind = ExtraColumns.coefficients

  /// Numbers of a cell behind its classes.
  private enum ExtraColumns: Sendable {
    case coefficients, keypoints, angle

    /// The diagnosis where they differ.
    var cause: String {
      switch self {
      case .coefficients: "mask-coefficients"
      case .keypoints: "keypoint-stride"
      case .angle: "angle-unit"
      }
    }
  }

  init() {}

  /// - Parameter lookups: what is known of the graphs' tensors before a run.
  init(_ models: Pair<LoadedModel>, _ endings: Pair<Ending>, _ lookups: Pair<TensorLookup>) {
    let outputs = models.map { $0.model.graph.outputs.map(\.name) }
    let read = endings.map(\.detectionOutputs)
    let isOneForm = endings.original.form == endings.patched.form
    for name in outputs.original.uniqued {
      let count = outputs.patched.count { $0 == name }
      let places = read.map { $0.firstIndex(of: name) }
      if count > 1 {
        differences.append("the patched graph gives out '\(shown: name)' \(count) times")
      } else if count == 0 {
        if places.original == nil { judgeMissing(name, models.original.model.graph, endings) }
      } else if places.original == nil || places.patched == nil {
        judge(name, lookups, isExempt: places.original != nil)
      } else if isOneForm {
        judgeRead(
          name, lookups, isMoved: places.original != places.patched, endings,
          outputs: outputs.original)
      }
    }
    for name in outputs.patched.uniqued
    where !outputs.original.contains(name) && !read.patched.contains(name) {
      skip("output '\(shown: name)' of the patched graph", "the original has none of that name")
    }
  }

  private mutating func skip(_ what: String, _ why: String) {
    skipped.append(NotComparedReport(what: what, why: why))
  }

  private mutating func judgeMissing(_ name: String, _ graph: Graph, _ endings: Pair<Ending>) {
    let what = "output '\(shown: name)' of the original"
    if graph.ancestors(of: endings.original.detectionOutputs).contains(name) {
      skip(what, "the patched graph has none of that name; the detections are made from it")
    } else if endings.patched.givesDetectionsOnly {
      skip(what, "the patched graph ends in \(endings.patched.form.rawValue), which has none")
    } else {
      differences.append("the patched graph does not give out '\(shown: name)'")
    }
  }

  /// An output that is given out by both and read for detections by one graph at most.
  private mutating func judge(_ name: String, _ lookups: Pair<TensorLookup>, isExempt: Bool) {
    guard let reason = Self.mismatch(name, lookups) else { return compared.append(name) }
    if isExempt {
      skip("output '\(shown: name)'", reason + "; detections are read from the original's")
    } else {
      differences.append(reason)
    }
  }

  /// An output that detections are read from in both graphs, which are of one form.
  private mutating func judgeRead(
    _ name: String, _ lookups: Pair<TensorLookup>, isMoved: Bool, _ endings: Pair<Ending>,
    outputs: [String]
  ) {
    if isMoved {
      differences.append("'\(shown: name)' stands for another of the detections' tensors")
      return
    }
    if let reason = Self.mismatch(name, lookups, ignoringSizes: endings.original.isPluginForm) {
      differences.append(reason)
    } else if let (axis, first) = endings.original.columnsBehindScores,
      endings.original.classCount == endings.patched.classCount,
      let shape = lookups.original(name)?.shape, shape.rank == 3, shape[axis] > first
    {
      extraColumns = (name, axis, first)
      extraKind = Self.kind(shape[axis] - first, lookups.original, outputs)
    }
  }

  private static func kind(
    _ count: Int, _ lookup: TensorLookup, _ outputs: [String]
  ) -> ExtraColumns {
    let arePrototypes = outputs.contains { name in
      lookup(name).map { $0.shape.rank == 4 && $0.shape[1] == count } ?? false
    }
    if arePrototypes { return .coefficients }
    return count == 1 ? .angle : .keypoints
  }

  /// How types and shapes of the outputs of one name differ; batches may.
  private static func mismatch(
    _ name: String, _ lookups: Pair<TensorLookup>, ignoringSizes: Bool = false
  ) -> String? {
    guard let original = lookups.original(name), let patched = lookups.patched(name) else {
      return nil
    }
    let isAlike =
      ignoringSizes
      || original.shape.rank == patched.shape.rank
        && original.shape.dropFirst().elementsEqual(patched.shape.dropFirst())
    guard !isAlike || original.elementType != patched.elementType else { return nil }
    let types = Pair(original: original.elementType, patched: patched.elementType)
    return Self.mismatch(
      name, types, Pair(original: original.shape, patched: patched.shape), Judgement().names)
  }

  /// How an output's types, or else its shapes, differ.
  static func mismatch(
    _ name: String, _ types: Pair<ElementType>, _ shapes: Pair<Shape>, _ names: Pair<String>
  ) -> String {
    let found = types.with(shapes).map { type, shape in
      types.original == types.patched ? "\(shape)" : "\(type)\(shape)"
    }
    return "'\(shown: name)' is \(found.original) in \(names.original) and \(found.patched) in "
      + names.patched
  }
}

extension NamedOutputs {
  /// Compares what both graphs give out beside the detections.
  func judge(
    _ results: Pair<[String: Tensor]>, rows: Set<String>, tolerance: Double,
    _ report: inout ImageReport, _ judgement: inout Judgement
  ) {
    for name in compared {
      guard let original = results.original[name], let patched = results.patched[name] else {
        continue
      }
      guard original.shape == patched.shape, original.elementType == patched.elementType else {
        judgement.differ(
          Self.mismatch(
            name, Pair(original: original.elementType, patched: patched.elementType),
            Pair(original: original.shape, patched: patched.shape), judgement.names),
          in: .tensors)
        continue
      }
      let axis = rows.contains(name) ? original.shape.columnAxis : nil
      add(original, patched, name, axis, tolerance, &report, &judgement)
    }
    if let (name, axis, first) = extraColumns, let original = results.original[name],
      let patched = results.patched[name], original.shape == patched.shape
    {
      var columns = Pair(original: original, patched: patched).map {
        $0.doubles(from: first, onAxis: axis)
      }
      // A box turned by half a turn is the same box.
      if extraKind == .angle { columns.patched = columns.patched.turned(towards: columns.original) }
      let found = add(
        columns.original, columns.patched, "\(name)' columns from \(first) of '\(name)", axis,
        tolerance, &report, &judgement)
      if found.different > 0 {
        judgement.explain(
          extraKind.cause,
          by: "the columns from \(first) of '\(shown: name)', behind the classes, differ")
      }
    }
  }

  @discardableResult
  private func add(
    _ original: Tensor, _ patched: Tensor, _ name: String, _ axis: Int?, _ tolerance: Double,
    _ report: inout ImageReport, _ judgement: inout Judgement
  ) -> TensorComparison {
    let found = TensorComparison(
      original: original, patched: patched, tolerance: tolerance, axis: axis)
    judgement.add(found, named: "'\(shown: name)'", tolerance: tolerance, isEvidence: false)
    report.tensors =
      (report.tensors ?? []) + [
        TensorReport(
          original: name, patched: name, pairedBy: .name,
          maxAbsoluteError: Figure(found.maxAbsoluteError),
          maxRelativeError: Figure(found.maxRelativeError), worstIndex: found.worstIndex)
      ]
    return found
  }
}

extension Ending {
  /// Whether the graph ends in a detection plugin.
  var isPluginForm: Bool { yoloLayer != nil || suppression != nil || hasUnreadablePlugin }

  /// The tensors that stand for detections: a plugin's outputs, or what cells are read from.
  var detectionOutputs: [String] {
    guard isPluginForm else { return observedTensors }
    return Array(observedTensors.dropFirst(cellTensors.count))
  }

  /// Whether a graph of this form has room for detections only.
  fileprivate var givesDetectionsOnly: Bool { isPluginForm || maps != nil || kept != nil }

  /// The axis of a row's columns in an output `[N, A, 5+nc+k]` or `[N, 4+nc+k, A]`, and the first of
  /// the k.
  fileprivate var columnsBehindScores: (axis: Int, first: Int)? {
    guard let classCount, let table, table.kind != .best,
      table.boxes.tensor == table.scores.tensor
    else { return nil }
    return (table.scores.order == .rows ? 2 : 1, table.firstBehindScores(classCount))
  }
}

extension Graph {
  /// The tensors that others are made from.
  func ancestors(of tensors: [String]) -> Set<String> {
    var wanted = Set(tensors)
    for node in nodes.reversed() where node.outputs.contains(where: { wanted.contains($0) }) {
      wanted.formUnion(node.inputs)
    }
    return wanted.subtracting(tensors)
  }

  /// The tensors whose values depend on those of the graph's inputs, not only on their shapes.
  var tensorsThatDependOnInputs: Set<String> {
    var found = Set(inputs.map(\.name))
    for node in nodes where !node.readsShapesOnly {
      if node.inputs.contains(where: { found.contains($0) }) { found.formUnion(node.outputs) }
    }
    return found
  }
}

extension Array where Element: Hashable {
  /// The first of each.
  var uniqued: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}

extension Shape {
  /// Of rows of numbers, the axis along which the numbers of a row stand: the shorter of the last two.
  var columnAxis: Int? {
    guard rank >= 2 else { return nil }
    return self[rank - 1] <= self[rank - 2] ? rank - 1 : rank - 2
  }
}

extension Tensor {
  /// Angles in float64, in radians, each turned by as many half turns as bring it nearest to another.
  fileprivate func turned(towards other: Tensor) -> Tensor {
    let turned = zip(doubles(), other.doubles()).map { angle, expected in
      let turns = ((angle - expected) / .pi).rounded()
      return turns.isFinite ? angle - turns * .pi : angle
    }
    return Tensor(turned, shape: shape)
  }

  /// The part from an index of an axis on, in float64.
  fileprivate func doubles(from first: Int, onAxis axis: Int) -> Tensor {
    var dimensions = shape.dimensions
    let inner = dimensions[(axis + 1)...].reduce(1, *)
    let (size, outer) = (dimensions[axis], dimensions[..<axis].reduce(1, *))
    dimensions[axis] = size - first
    let values = doubles()
    var kept: [Double] = []
    for place in 0..<outer {
      kept += values[((place * size + first) * inner)..<((place + 1) * size * inner)]
    }
    return Tensor(kept, shape: Shape(dimensions))
  }
}
