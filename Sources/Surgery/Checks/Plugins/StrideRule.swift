import ONNXGraph

enum StrideRule: CheckRule {
  static let name = "stride"
  static let severity = Severity.error
  static let summary =
    "max_stride is not the input's size over the last map's, or differs from the metadata's."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.yoloLayers.compactMap { node in
      guard case .int(let stride) = node.attributes["max_stride"] else { return nil }
      if let last = node.inputs.last, let shape = subject.shape(of: last), shape.rank == 4,
        let size = subject.inputSize,
        Int(clamping: stride).multipliedReportingOverflow(by: shape[3]) != (size.width, false)
          || Int(clamping: stride).multipliedReportingOverflow(by: shape[2]) != (size.height, false)
      {
        return RuleFinding(
          at: node.title,
          "attribute max_stride is \(stride), but the input is \(size.width)x\(size.height) and the "
            + "last map \(shape[3])x\(shape[2])",
          remedy: "max_stride is the input's size over the coarsest map's, which comes last")
      }
      guard let declared = subject.model.metadata["stride"].flatMap({ Int64($0) }),
        declared != stride
      else { return nil }
      return RuleFinding(
        at: node.title, "attribute max_stride is \(stride), the metadata say \(declared)",
        remedy: "give the stride the model was trained with")
    }
  }
}
