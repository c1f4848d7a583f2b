extension Inspection {
  /// The findings for people.
  public var text: String {
    var lines: [String] = []
    for input in inputs { lines.append("input       \(input.text)") }
    for output in outputs { lines.append("output      \(output.text)") }
    lines.append("form        \(form ?? "not known")")
    lines.append(
      "opsets      "
        + opsets.sorted { $0.key < $1.key }.map { domain, version in
          "\(domain.isEmpty ? "ai.onnx" : domain) \(version)"
        }.joined(separator: ", "))
    let counts = operators.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let total = operators.values.reduce(0, +)
    lines.append(
      "nodes       \(total): " + counts.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
    lines.append("parameters  \(parameters)")
    if let multiplyAdds { lines.append("mult-adds   \(multiplyAdds)") }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      lines.append("metadata    \(key): \(value)")
    }
    for missing in missingOperators {
      let title = missing.domain.isEmpty ? missing.type : "\(missing.domain).\(missing.type)"
      lines.append("missing     \(title) (opset \(missing.version), \(missing.count) nodes)")
    }
    return lines.map { $0 + "\n" }.joined()
  }
}

extension Inspection.TensorInfo {
  fileprivate var text: String {
    let dimensions = shape.map { shape in
      "["
        + shape.map { dimension in
          switch dimension {
          case .fixed(let size): "\(size)"
          case .named(let name): name
          case .unknown: "?"
          }
        }.joined(separator: ",") + "]"
    }
    return "\(name): \(type ?? "any type") \(dimensions ?? "of any shape")"
  }
}
