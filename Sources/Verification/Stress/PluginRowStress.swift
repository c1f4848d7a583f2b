import BoxMath
import Detection
import Interpreter
import Kernels
import ONNXGraph
import Tensors

/// The nodes between a detection plugin and the graph's outputs, fed synthetic rows in the plugin's
/// place: tables that are empty, full and in between, with every class, scores from the plugin's
/// threshold to 1, ties, and boxes far outside the image.
///
/// They have to give out the rows as they are, in any order; nodes that only move or cast values do.
struct PluginRowStress {
  private let model: LoadedModel
  private let plugin: Node
  /// The tensors that stand for count, boxes, scores and classes.
  private let carriers: [String]
  private let plan: Plan
  private let shapes: [Shape]
  private let types: [ElementType]
  private let image: (name: String, tensor: Tensor)?
  private let lowestScore: Float
  private let side: Float

  /// - Parameter image: the image input and a tensor to feed it, for its shape.
  /// - Returns: `nil` where there are no nodes behind a plugin.
  /// - Throws: why they cannot be cut off.
  init?(
    _ model: LoadedModel, _ ending: Ending, _ lookup: TensorLookup,
    image: (name: String, tensor: Tensor)
  ) throws(Refusal) {
    let graph = model.model.graph
    let carriers = ending.detectionOutputs
    guard ending.isPluginForm, carriers.count == 4,
      let plugin = graph.nodes.first(where: {
        $0.operatorType == YoloLayerParameters.operatorType
          || NMSPlugin.operatorTypes.contains($0.operatorType)
      }), plugin.outputs.count == 4, plugin.outputs != carriers
    else { return nil }
    let described = plugin.outputs.compactMap(lookup)
    guard described.count == 4 else {
      throw Refusal("the shapes of the plugin's rows are not known")
    }
    var part = try? graph.extract(inputs: plugin.outputs, outputs: carriers)
    var isFedImage = false
    if part == nil {
      isFedImage = true
      part = try model.naming { () throws(ModelError) in
        try graph.extract(inputs: plugin.outputs + [image.name], outputs: carriers)
      }
    }
    var end = model.model
    if let part { end.graph = part }
    var inputs = Dictionary(
      zip(plugin.outputs, described.map { ResolvedGraph.Description($0.elementType, $0.shape) })
    ) { first, _ in first }
    if isFedImage { inputs[image.name] = .init(image.tensor.elementType, image.tensor.shape) }
    plan = try model.naming { () throws(InterpreterError) in
      try Plan(ResolvedGraph(end, inputs: inputs), observing: carriers.uniqued)
    }
    self.model = model
    self.plugin = plugin
    self.carriers = carriers
    self.image = isFedImage ? image : nil
    shapes = described.map(\.shape)
    types = described.map(\.elementType)
    lowestScore =
      plugin.operatorType == YoloLayerParameters.operatorType
      ? 0 : ending.ownRule?.threshold ?? 0
    side = Float(image.tensor.shape.dropFirst().max() ?? 640)
  }

  /// What the nodes change, in a line; `nil` where they change nothing.
  ///
  /// - Parameter name: what the graph is called.
  func difference(_ name: String, classCount: Int, on team: ThreadTeam) throws(Refusal) -> String? {
    let (batch, capacity) = (shapes[1][0], shapes[1][1])
    let counts = [0, 1, capacity / 2, max(capacity - 1, 0), capacity].uniqued
    var (changed, fed) = (0, 0)
    for (table, count) in counts.enumerated() {
      let rows = (0..<batch).map { image in
        SyntheticRows(
          count: (image == 0 ? count : counts[(table + image) % counts.count]), seed: table + image,
          classCount: classCount, lowestScore: lowestScore, side: side)
      }
      var feed: [String: Tensor] = [:]
      for (place, tensor) in plugin.outputs.enumerated() {
        let width = shapes[place].elementCount / max(batch, 1)
        let values = rows.flatMap { $0.values(place, room: width) }
        feed[tensor] = Tensor(values, shape: shapes[place]).cast(to: types[place])
      }
      if let image { feed[image.name] = image.tensor }
      let given = try model.naming { () throws(InterpreterError) in try plan.run(feed, on: team) }
      for (index, rows) in rows.enumerated() {
        fed += rows.count
        changed += try changes(rows, feed, given, index, batch)
      }
    }
    guard changed > 0 else { return nil }
    return
      "nodes behind \(name)'s \(plugin.operatorType) change \(changed) of \(fed) synthetic rows"
  }

  /// How many rows of an image are not given out as they were fed; 1 at least for another count.
  private func changes(
    _ rows: SyntheticRows, _ feed: [String: Tensor], _ given: [String: Tensor], _ index: Int,
    _ batch: Int
  ) throws(Refusal) -> Int {
    func table(_ names: [String], _ tensors: [String: Tensor]) -> [[Double]]? {
      let values = names.compactMap { tensors[$0]?.doubles() }
      guard values.count == 4, values.allSatisfy({ $0.count % batch == 0 }) else { return nil }
      let parts = values.map { all in
        Array(all[(index * all.count / batch)..<((index + 1) * all.count / batch)])
      }
      guard let count = parts[0].first, count >= 0, count <= Double(parts[2].count),
        parts[1].count == 4 * parts[2].count, parts[3].count == parts[2].count
      else { return nil }
      return (0..<Int(count)).map { row -> [Double] in
        let box = Array(parts[1][(4 * row)..<(4 * row + 4)])
        return [parts[2][row], parts[3][row]] + box
      }
    }
    let expected = table(plugin.outputs, feed) ?? []
    guard let found = table(carriers, given) else { return max(rows.count, 1) }
    if found.count != expected.count { return max(abs(found.count - expected.count), 1) }
    func isNear(_ a: [Double], _ b: [Double]) -> Bool {
      zip(a, b).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($0)) }
    }
    let inPlace = zip(expected, found).count { !isNear($0, $1) }
    guard inPlace > 0 else { return 0 }
    func sorted(_ rows: [[Double]]) -> [[Double]] {
      rows.sorted { $0.lexicographicallyPrecedes($1) }
    }
    return min(inPlace, zip(sorted(expected), sorted(found)).count { !isNear($0, $1) })
  }
}

/// Rows as a plugin could give out.
private struct SyntheticRows {
  let count: Int
  private let boxes: [Float]
  private let scores: [Float]
  private let classes: [Float]

  init(count: Int, seed: Int, classCount: Int, lowestScore: Float, side: Float) {
    self.count = count
    var numbers = SplitMix64(seed: UInt64(seed) &+ 77)
    func unit() -> Float { Float(numbers.next() >> 40) / Float(1 << 24) }
    var boxes: [Float] = []
    for _ in 0..<count {
      let (x, y) = ((3 * unit() - 1) * side, (3 * unit() - 1) * side)
      boxes += [x, y, x + unit() * side, y + unit() * side]
    }
    self.boxes = boxes
    // Best first, the ends included, every fourth as good as the one before.
    scores = (0..<count).map { row in
      let place = row % 4 == 1 ? row - 1 : row
      return lowestScore
        + (1 - lowestScore) * (1 - Float(place) / Float(max(count - 1, 1)))
    }
    classes = (0..<count).map { Float($0 % max(classCount, 1)) }
  }

  /// What stands for the plugin's count, boxes, scores or classes of an image, the rest 0.
  func values(_ place: Int, room: Int) -> [Float] {
    let values =
      switch place {
      case 0: [Float(count)]
      case 1: boxes
      case 2: scores
      default: classes
      }
    return Array(values.prefix(room)) + [Float](repeating: 0, count: max(room - values.count, 0))
  }
}

extension Tensor {
  /// Float32 as another type; whole numbers stay what they are.
  fileprivate func cast(to type: ElementType) -> Tensor {
    switch type {
    case .int32: Tensor(elements(of: Float.self).map { Int32($0) }, shape: shape)
    case .int64: Tensor(elements(of: Float.self).map { Int64($0) }, shape: shape)
    default: converted(to: type)
    }
  }
}
