import ONNXGraph
import Tensors

enum HeadsOrderRule: CheckRule {
  static let name = "heads-order"
  static let severity = Severity.error
  static let summary = "The maps given to YoloLayer_TRT do not go from the finest to the coarsest."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.yoloLayers.compactMap { node in
      let sizes = node.inputs.map { subject.shape(of: $0)?.dimensions.suffix(2).reduce(1, *) }
      guard
        let wrong = sizes.indices.dropFirst().first(where: { index in
          guard let size = sizes[index], let before = sizes[index - 1] else { return false }
          return size >= before
        })
      else { return nil }
      return RuleFinding(
        at: node.title,
        "map \(wrong) ('\(shown: node.input(wrong))') is not coarser than map \(wrong - 1) "
          + "('\(shown: node.input(wrong - 1))'); the plugin takes the input's size from the last",
        remedy: "give the maps finest first: p3, p4, p5")
    }
  }
}
