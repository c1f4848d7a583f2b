/// Classes are counted from another number, or read from the channel beside their own.
enum ClassShift: Hypothesis {
  static let ids = ["class-shift"]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    let names = context.names
    func variant(_ source: ScaleRecipe.ClassSource, _ text: String) -> Variant {
      Variant(ids, [.classes, .label, .score]) { recipe, _ in
        recipe.classSource = source
      } text: { _, scales in
        text + names.on(scales)
      }
    }
    var found: [Variant] = []
    // Where rows do not tell whether a channel or a number is meant, a number is likelier.
    if let shift = context.labelShift {
      found.append(
        Variant(ids, [.label]) { recipe, _ in
          recipe.labelShift = shift
        } text: { _, scales in
          "class numbers are \(abs(shift)) \(shift > 0 ? "more" : "less") than expected"
            + names.on(scales)
        })
    }
    let areRows = !context.sample.fit.observed.terms.contains(.classes)
    for shift in [1, -1] where context.classCount > 1 && !areRows {
      let way = shift > 0 ? "more" : "less"
      found.append(variant(.rolled(shift), "classes are one \(way), around the end"))
    }
    for shift in [1, -1] {
      let way = shift > 0 ? "behind" : "before"
      found.append(variant(.offset(shift), "classes are read one channel \(way) their own"))
    }
    return found
  }
}

extension HypothesisContext {
  /// By how much the class numbers of most rows differ.
  fileprivate var labelShift: Int? {
    guard case .rows(_, let labels) = sample.fit.observed.scores else { return nil }
    var counts: [Int: Int] = [:]
    for scale in base.indices {
      let decoder = sample.fit.decoder(scale, base[scale])
      for entry in sample.entries[scale] {
        let expected = decoder.scoredClass(
          sample.fit.place(entry, scale), pluginRule: sample.fit.pluginRule)
        counts[labels[entry] &- expected.label, default: 0] += 1
      }
    }
    let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return most?.key == 0 ? nil : most?.key
  }
}

/// Classes stand in another order.
enum ClassesPermuted: Hypothesis {
  static let ids = ["classes-permuted"]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    guard context.sample.fit.observed.terms.contains(.classes) else { return [] }
    let classCount = context.classCount
    let own = Array(0..<classCount)
    let sources = context.base.indices.map { scale in
      (0..<context.base[scale].anchors.count).map { anchor in
        context.classSources(scale, anchor) ?? own
      }
    }
    guard sources.contains(where: { $0.contains { $0 != own } }) else { return [] }
    let names = context.names
    return [
      Variant(ids, [.classes], generality: 2) { recipe, scale in
        recipe.classSource = .permuted(sources[scale])
      } text: { _, scales in
        scales.map { scale in
          let anchors = sources[scale].indices.filter { sources[scale][$0] != own }
          let moved = own.filter { sources[scale][anchors[0]][$0] != $0 }
          let which =
            moved.count == 2
            ? "classes \(moved[0]) and \(moved[1]) exchanged" : "\(moved.count) classes moved"
          let place =
            anchors.count == sources[scale].count
            ? "" : ", anchor \(anchors.map(String.init).listed)"
          return "\(which) on \(names[scale])\(place)"
        }.joined(separator: ", ")
      }
    ]
  }
}

extension HypothesisContext {
  /// For each class of an anchor, the class whose values it shows; `nil` when some show none.
  fileprivate func classSources(_ scale: Int, _ anchor: Int) -> [Int]? {
    let fit = sample.fit
    let decoder = fit.decoder(scale, base[scale])
    let entries = sample.entries[scale].filter { fit.place($0, scale).anchor == anchor }.prefix(24)
    guard !entries.isEmpty else { return nil }
    let areProducts = fit.observed.objectness(entries[0]) == nil
    var open = [[Int]](repeating: Array(0..<classCount), count: classCount)
    for entry in entries {
      let place = fit.place(entry, scale)
      let expected = (0..<classCount).map {
        areProducts ? decoder.product($0, place) : decoder.classScore($0, place)
      }
      for (index, seen) in fit.observed.classes(entry).enumerated() {
        open[index].removeAll {
          !(abs(expected[$0] - Double(seen)) <= Double(fit.tolerance.score))
        }
        if open[index].isEmpty { return nil }
      }
    }
    // A class that could be its own is.
    let sources = open.enumerated().map { index, sources in
      sources.contains(index) ? index : sources[0]
    }
    return Set(sources).count == classCount ? sources : nil
  }
}
