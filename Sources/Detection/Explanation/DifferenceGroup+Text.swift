extension DifferenceGroup {
  /// "p4, anchor 2, width only, ratio 62/61".
  ///
  /// - Parameter scales: the original's strides and anchors, where they are known.
  package func text(_ scales: [DecodeGeometry.Scale]?, layout: CellLayout) -> String {
    let names = scales.map { ScaleNames($0) }
    var text = placesText(names, layout) + ", " + partsText
    if let ratio {
      text += ", ratio " + (fraction(ratio, scales) ?? ratio.short)
    } else if let offsetPx {
      text += ", \(offsetPx > 0 ? "+" : "")\(offsetPx.short) px"
    }
    return text
  }

  private func placesText(_ names: ScaleNames?, _ layout: CellLayout) -> String {
    let anchors = Dictionary(grouping: places, by: \.scale).mapValues { $0.map(\.anchor) }
    let touched = anchors.keys.sorted()
    let isWhole = touched.allSatisfy { anchors[$0]!.count == layout.scales[$0].anchors }
    if isWhole, touched.count == layout.scales.count { return "all scales" }
    func name(_ scale: Int) -> String { names?[scale] ?? "scale \(scale)" }
    if isWhole { return touched.map(name).listed }
    return touched.map { scale in
      let some = anchors[scale]!
      guard some.count < layout.scales[scale].anchors else { return name(scale) }
      return "\(name(scale)), anchor \(some.map(String.init).listed)"
    }.joined(separator: "; ")
  }

  private var partsText: String {
    let told = parts.map { part in
      part == .classes && !classes.isEmpty
        ? "class \(classes.map(String.init).listed)" : part.rawValue
    }
    return told.count == 1 ? "\(told[0]) only" : told.listed
  }

  /// The ratio of two anchors, the original's below.
  private func fraction(_ ratio: Double, _ scales: [DecodeGeometry.Scale]?) -> String? {
    guard let scales, places.count == 1, let place = places.first,
      scales.indices.contains(place.scale),
      scales[place.scale].anchors.indices.contains(place.anchor),
      parts == [.width] || parts == [.height]
    else { return nil }
    let anchor = scales[place.scale].anchors[place.anchor]
    let original = Double(parts == [.width] ? anchor.width : anchor.height)
    let patched = (original * ratio * 100).rounded() / 100
    guard original != 0, patched != 0, abs(patched / (original * ratio) - 1) < 1e-4 else {
      return nil
    }
    return "\(patched.short)/\(original.short)"
  }
}
