import ONNXGraph

/// The largest anchor of the coarsest map spans several of its cells in every detector of the
/// family; in units of the grid that number is below the stride.
enum AnchorsGridUnitsRule: CheckRule {
  static let name = "anchors-grid-units"
  static let severity = Severity.error
  static let summary = "Anchors look like multiples of the stride, expected pixels of the input."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.yoloLayers.compactMap { node in
      guard let anchors = subject.anchorsByMap(of: node),
        let stride = subject.maximumStride(of: node),
        let largest = anchors.joined().max(), largest > 0, largest < Float(stride)
      else { return nil }
      return RuleFinding(
        at: node.title,
        "the largest anchor is \(largest.plain), less than one cell of the coarsest map (\(stride) "
          + "pixels)", remedy: "multiply each map's anchors by its stride")
    }
  }
}

extension CheckSubject {
  /// Pixels per cell of a plugin's last map: what the shapes say, else what the node says.
  func maximumStride(of node: Node) -> Int? {
    if let last = node.inputs.last, let shape = shape(of: last), shape.rank == 4, shape[3] > 0,
      let size = inputSize
    {
      return size.width / shape[3]
    }
    if case .int(let stride) = node.attributes["max_stride"] { return Int(stride) }
    return nil
  }
}
