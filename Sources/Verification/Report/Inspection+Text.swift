import Surgery
import Tensors

extension Inspection {
  /// The findings for people.
  public var text: String {
    var lines: [String] = []
    for input in inputs { lines.append("input       \(input.text)") }
    for output in outputs { lines.append("output      \(output.text)") }
    lines.append("form        \(form ?? "not known")")
    lines += columnLines
    if let decode { lines += decode.lines }
    for plugin in plugins ?? [] { lines += plugin.lines }
    lines.append(
      "opsets      "
        + opsets.sorted { $0.key < $1.key }.map { domain, version in
          "\(domain.isEmpty ? "ai.onnx" : domain.shown) \(version)"
        }.joined(separator: ", "))
    let counts = operators.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let total = operators.values.reduce(0, +)
    lines.append(
      "nodes       \(total): "
        + counts.map { "\($0.value) \(shown: $0.key)" }.joined(separator: ", "))
    lines.append("parameters  \(parameters)")
    if let multiplyAdds { lines.append("mult-adds   \(multiplyAdds)") }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      lines.append("metadata    \(shown: key): \(value.shownAtLength)")
    }
    for missing in missingOperators {
      let title = missing.domain.isEmpty ? missing.type : "\(missing.domain).\(missing.type)"
      lines.append("missing     \(shown: title) (opset \(missing.version), \(missing.count) nodes)")
    }
    if let layers { lines += Layer.lines(layers) }
    return lines.map { $0 + "\n" }.joined()
  }
}

extension Inspection {
  /// Columns of one tensor with the same unit and evidence in a line, classes in short.
  private var columnLines: [String] {
    var groups: [(key: [String], names: [String])] = []
    for column in columns ?? [] {
      let key = [column.tensor, column.unit ?? "", column.shownBy.rawValue]
      let isClass = column.meaning.hasPrefix("class ")
      if groups.last?.key != key { groups.append((key, [])) }
      if isClass, let last = groups[groups.count - 1].names.last, last.hasPrefix("class 0") {
        groups[groups.count - 1].names[groups[groups.count - 1].names.count - 1] =
          "class 0 to \(column.meaning.dropFirst(6))"
      } else {
        groups[groups.count - 1].names.append(column.meaning)
      }
    }
    return groups.map { key, names in
      let unit = key[1].isEmpty ? "" : " (\(key[1]))"
      let evidence = key[2] == "experiment" ? "shown by experiment" : "by \(key[2])"
      return "columns     '\(shown: key[0])' \(names.joined(separator: ", "))\(unit), "
        + (key[2] == "assumed" ? "assumed" : key[2] == "declared" ? "declared" : evidence)
    }
  }
}

extension Inspection.DecodeParameters {
  fileprivate var lines: [String] {
    let scales = zip(strides, anchors).map { stride, anchors in
      let sizes = Swift.stride(from: 0, to: anchors.count, by: 2).map {
        "\(Float(anchors[$0].value).plain)x\(Float(anchors[$0 + 1].value).plain)"
      }
      return "stride \(Float(stride.value).plain) anchors \(sizes.joined(separator: " "))"
    }
    return ["decode      \(classes) classes; \(scales.joined(separator: "; "))"]
  }
}

extension Inspection.Plugin {
  fileprivate var lines: [String] {
    ["plugin      \(node)"]
      + attributes.map { attribute in
        let graph = attribute.graph.map { $0 == attribute.value ? "as the graph" : "graph: \($0)" }
        return
          "            \(shown: attribute.name) \(attribute.value.shownAtLength)\(graph.map { " (\($0))" } ?? "")"
      }
  }
}

extension Inspection.Layer {
  fileprivate static func lines(_ layers: [Inspection.Layer]) -> [String] {
    layers.enumerated().map { index, layer in
      let outputs = layer.outputs.prefix(10).map { $0.text }.joined(separator: ", ")
      let work = layer.multiplyAdds.map { ", \($0) mult-adds" } ?? ""
      return
        "layer \(index)  \(shown: layer.operatorType) \(shown: layer.name) -> \(outputs)\(work)"
    }
  }
}

extension Inspection.TensorInfo {
  fileprivate var text: String {
    let dimensions = shape.map { shape in
      "["
        + shape.map { dimension in
          switch dimension {
          case .fixed(let size): "\(size)"
          case .named(let name): name.shown
          case .unknown: "?"
          }
        }.joined(separator: ",") + "]"
    }
    return "\(shown: name): \(type ?? "any type") \(dimensions ?? "of any shape")"
  }
}
