import BoxMath
import Detection
import ONNXGraph

/// What two graphs' structure alone explains, also of graphs that cannot be run.
struct StructuralDiagnosis {
  private(set) var found: [DiagnosisReport] = []

  init(_ models: Pair<LoadedModel>) {
    for model in models.both {
      for node in model.model.graph.nodes
      where node.operatorType == YoloLayerParameters.operatorType {
        guard case .ints? = node.attributes["anchors"] else { continue }
        add(
          "anchors-integers",
          "\(model.path): the anchors of \(node.title) are INTS, the plugin takes FLOATS: write them "
            + "as floats")
      }
    }
    let endings = models.map { $0.model.typicalEnding }
    addClassCounts(models, endings)
    if let layouts = endings.original.geometry.map(\.layout),
      let patched = endings.patched.geometry.map(\.layout), layouts != patched,
      layouts.scales.count == patched.scales.count,
      zip(layouts.scales, patched.scales).allSatisfy({
        $0.rows == $1.columns && $0.columns == $1.rows
      })
    {
      add("rows-columns-exchanged", "rows and columns of the maps exchanged")
    }
  }

  private mutating func addClassCounts(_ models: Pair<LoadedModel>, _ endings: Pair<Ending>) {
    let counts = models.with(endings).map { model, ending in
      model.model.pluginClassCount ?? ending.classCount
    }
    guard let original = counts.original, let patched = counts.patched, original != patched else {
      return
    }
    add(
      "class-count",
      "the patched graph counts \(patched) classes, the original \(original): set num_classes to "
        + "what the head maps hold, channels / anchors - 5")
  }

  private mutating func add(_ id: String, _ text: String) {
    found.append(DiagnosisReport(ids: [id], explains: 1, text: text))
  }
}

extension Model {
  /// How many classes the plugin is configured for.
  fileprivate var pluginClassCount: Int? {
    let node = graph.nodes.first { $0.operatorType == YoloLayerParameters.operatorType }
    guard let node else { return nil }
    guard case .int(let count)? = node.attributes["num_classes"] else {
      return node.attributes["num_classes"] == nil ? YoloLayerParameters.defaultClassCount : nil
    }
    return Int(count)
  }
}
