import BoxMath
import ONNXGraph
import Tensors

extension Recognizer {
  /// A graph that ends in an NMS plugin: the cells are the plugin's inputs.
  func suppressed(_ node: Node) -> Ending {
    let form = NMSPlugin.form(ofOperator: node.operatorType)
    let plugin: NMSPlugin
    do {
      guard let found = try NMSPlugin(node) else { return Ending(tail: .named(.tensors)) }
      plugin = found
    } catch {
      return Ending(tail: .named(form), differences: ["\(node.title): \(error)"])
    }
    guard let boxes = output(node, 0), let scores = output(node, 1), scores.shape.rank >= 3 else {
      return Ending(
        tail: .named(form), notes: ["\(node.title): the shapes of its inputs are not known"])
    }
    guard isBoxes(boxes) else {
      return Ending(
        tail: .named(form), classCount: scores.shape[2],
        notes: ["\(node.title): boxes of their own for each class are compared as tensors"])
    }
    var (tensors, layout) = boxesAndScores(boxes, scores)
    if case .efficient(let parameters) = plugin {
      tensors.coding = parameters.boxCoding
      tensors.scoresAreLogits = parameters.appliesSigmoid
      tensors.anchors = node.inputs.count > 2 ? node.inputs[2] : nil
    }
    let roles = PluginOutputs(node, names: NMSPlugin.outputNames, structure: structure)
    return Ending(
      tail: .suppressed(
        NMSPluginTail(plugin: plugin, inputs: tensors, outputs: roles.tensors)),
      classCount: scores.shape[2], geometry: DecodeGeometry(layout: layout),
      oneSidedOutputs: roles.others,
      differences: roles.differences
        + classDifferences(scores.shape[2], "the plugin's scores have"),
      notes: defaultNotes(node, plugin.defaults) + roles.notes + scoreBitsNotes(node, plugin))
  }

  private func output(_ node: Node, _ input: Int) -> Output? {
    guard node.inputs.indices.contains(input),
      let description = structure.lookup(node.inputs[input]),
      description.elementType.isFloatingPoint
    else { return nil }
    return Output(name: node.inputs[input], shape: description.shape)
  }

  private func scoreBitsNotes(_ node: Node, _ plugin: NMSPlugin) -> [String] {
    guard case .batched(let parameters) = plugin, (1...10).contains(parameters.scoreBits),
      structure.lookup(node.inputs[1])?.elementType == .float16
    else { return [] }
    return [
      "\(node.title): the GPU sorts float16 scores by their upper \(parameters.scoreBits) bits "
        + "(scoreBits), here they are compared whole"
    ]
  }
}
