import Tensors

extension LayersReport {
  /// Layers that the text names at most.
  private static let rowLimit = 10

  /// The report for people: how tensors were paired, where the graphs part, what adds most.
  public var text: String {
    var lines = ["original  \(original.path)", "patched   \(patched.path)"]
    if let sharing {
      lines.append(
        "sharing   \(sharing.identicalNodes) nodes proven identical, \(sharing.originalOnly) only in "
          + "the original, \(sharing.patchedOnly) only in the patched")
    }
    if let inputShape {
      lines += ["", "\(image) as [\(inputShape.map(String.init).joined(separator: ","))]"]
    }
    if let pairs { lines.append("  tensors     " + pairs.text) }
    lines += findingLines
    if !notes.isEmpty { lines += [""] + notes.map { "note: \($0)" } }
    lines.append("")
    lines += reasons.filter { !failures.contains($0) }.map { "- \($0)" }
    if !failures.isEmpty { lines.append("- \(failures.count) could not be read or run") }
    lines.append("verdict: \(verdict.rawValue)")
    return lines.map { $0 + "\n" }.joined()
  }

  private var findingLines: [String] {
    guard !layers.isEmpty else { return [] }
    guard let first else {
      let floor = layers.map(\.noiseFloor.value).max() ?? 0
      let apart = layers.map(\.exactDifference.value).max() ?? 0
      let identical = layers.allSatisfy { $0.pairedBy == .content }
      return [
        identical
          ? "  drift       none: every pair is proven identical"
          : "  drift       none beyond rounding; at most \(Figure(apart).text) in float64, noise floors "
            + "up to \(Figure(floor).text)"
      ]
    }
    var lines = [
      "  first       \(first.node): " + first.text
    ]
    if !ranked.isEmpty { lines.append("  layers by the error they add themselves:") }
    lines += ranked.prefix(Self.rowLimit).map { "    \($0.node): " + $0.addedText }
    if ranked.count > Self.rowLimit { lines.append("    and \(ranked.count - Self.rowLimit) more") }
    return lines
  }
}

extension LayerPairs {
  fileprivate var text: String {
    "\(content) paired by content, \(name) by name, \(structure) by structure; \(originalOnly) "
      + "layers only in the original, \(patchedOnly) only in the patched"
  }
}

extension LayerReport {
  fileprivate var text: String {
    let names =
      original == patched ? "'\(shown: patched)'" : "'\(shown: original)' and '\(shown: patched)'"
    return "\(names) (paired by \(pairedBy.rawValue)), \(difference.text) apart, "
      + "\(exactDifference.text) in float64; rounding explains \(noiseFloor.text)"
  }

  /// What the layer itself does.
  package var addedText: String {
    "adds \(added.text) to values up to \(magnitude.text) (\(addedRelative.text) of them on "
      + "average); rounding explains \(noiseFloor.text)"
  }
}
