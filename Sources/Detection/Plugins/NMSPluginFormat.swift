import BoxMath
import ONNXGraph
import Tensors

extension OutputFormat {
  /// What NVIDIA's NMS plugins give out.
  static let nmsPlugin = OutputFormat(
    form: .efficientNMSPlugin,
    columns: "number `[N, 1]`, boxes `[N, K, 4]`, scores `[N, K]`, classes `[N, K]`",
    writers: "`EfficientNMS_TRT`, `BatchedNMS_TRT`, `BatchedNMSDynamic_TRT`"
  ) { $0.ending(in: NMSPlugin.operatorTypes, $0.suppressed) }
}

extension Recognizer {
  /// A graph that ends in an NMS plugin: the cells are the plugin's inputs.
  fileprivate func suppressed(_ node: Node) -> Ending {
    var ending = Ending(NMSPlugin.form(ofOperator: node.operatorType))
    let plugin: NMSPlugin
    do {
      guard let found = try NMSPlugin(node) else { return Ending(.tensors) }
      plugin = found
    } catch {
      ending.differences = ["\(node.title): \(error)"]
      return ending
    }
    guard let boxes = output(node, 0), let scores = output(node, 1), scores.shape.rank >= 3 else {
      ending.notes = ["\(node.title): the shapes of its inputs are not known"]
      return ending
    }
    ending.classCount = scores.shape[2]
    guard isBoxes(boxes) else {
      ending.notes = ["\(node.title): boxes of their own for each class are compared as tensors"]
      return ending
    }
    var (table, layout) = boxesAndScores(boxes, scores)
    if case .efficient(let parameters) = plugin {
      table.coding = parameters.boxCoding
      table.activation = parameters.appliesSigmoid ? .logit : .probability
      table.anchors = node.inputs.count > 2 ? node.input(2) : nil
    }
    var roles = PluginOutputs(node, names: NMSPlugin.outputNames, structure: structure)
    let joined = JoinedPluginRows(node, structure)
    if let joined { roles.replace(by: joined) }
    ending.table = table
    ending.fixesMeaning = true
    ending.suppression = NMSPluginTail(plugin: plugin, inputs: table, outputs: roles.tensors)
    ending.suppression?.joined = joined?.rows
    ending.geometry = DecodeGeometry(layout: layout)
    ending.oneSidedOutputs = roles.others
    ending.differences =
      roles.differences + classDifferences(scores.shape[2], "the plugin's scores have")
    ending.notes =
      defaultNotes(node, plugin.defaults) + roles.notes + scoreBitsNotes(node, plugin)
    return ending
  }

  private func output(_ node: Node, _ input: Int) -> Output? {
    guard node.inputs.indices.contains(input),
      let description = structure.lookup(node.input(input)),
      description.elementType.isFloatingPoint
    else { return nil }
    return Output(name: node.input(input), shape: description.shape)
  }

  private func scoreBitsNotes(_ node: Node, _ plugin: NMSPlugin) -> [String] {
    guard case .batched(let parameters) = plugin, (1...10).contains(parameters.scoreBits),
      structure.lookup(node.input(1))?.elementType == .float16
    else { return [] }
    return [
      "\(node.title): the GPU sorts float16 scores by their upper \(parameters.scoreBits) bits "
        + "(scoreBits), here they are compared whole"
    ]
  }
}
