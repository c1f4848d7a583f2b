import BoxMath

/// The anchors of one scale are used for another.
enum ScalesPermuted: Hypothesis {
  static let ids = ["anchors-scales-permuted"]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    let anchors = context.base.map(\.anchors)
    guard anchors.count <= 4, Set(anchors.map(\.count)).count == 1 else { return [] }
    let names = context.names
    return anchors.indices.permutations.dropFirst().map { order in
      Variant(ids, [.size], reach: .whole) { recipe, scale in
        recipe.anchors = anchors[order[scale]]
      } text: { _, _ in
        "anchors of " + names.moved(order)
      }
    }
  }
}

/// The anchors of a scale stand in another order.
enum AnchorsPermuted: Hypothesis {
  static let ids = ["anchors-within-scale-permuted"]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    let counts = Set(context.base.map(\.anchors.count))
    guard let count = counts.first, counts.count == 1, count <= 4 else { return [] }
    let names = context.names
    let anchors = context.base.map(\.anchors)
    return (0..<count).permutations.dropFirst().map { order in
      Variant(ids, [.size]) { recipe, scale in
        recipe.anchors = order.map { anchors[scale][$0] }
      } text: { _, scales in
        "anchors\(names.on(scales)) in the order \(order.map(String.init).listed), "
          + "expected \(order.indices.map(String.init).listed)"
      }
    }
  }
}

/// Width and height of the anchors are exchanged.
enum AnchorSidesExchanged: Hypothesis {
  static let ids = ["anchors-wh-swapped"]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    let names = context.names
    return [
      Variant(ids, [.size]) { recipe, _ in
        recipe.anchors = recipe.anchors.map { AnchorSize(width: $0.height, height: $0.width) }
      } text: { _, scales in
        "width and height of the anchors exchanged\(names.on(scales))"
      }
    ]
  }
}

/// The anchors are in cells of their grid where pixels are expected, or the other way round.
enum AnchorUnits: Hypothesis {
  static let ids = ["anchors-grid-units"]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    let names = context.names
    let scales = context.base
    return [
      Variant(ids, [.size]) { recipe, scale in
        let (x, y) = (Float(scales[scale].strideX), Float(scales[scale].strideY))
        recipe.anchors = recipe.anchors.map {
          AnchorSize(width: $0.width / x, height: $0.height / y)
        }
      } text: { _, scales in
        "anchors\(names.on(scales)) in grid units (divided by the stride), pixels are expected"
      },
      Variant(ids, [.size]) { recipe, scale in
        let (x, y) = (Float(scales[scale].strideX), Float(scales[scale].strideY))
        recipe.anchors = recipe.anchors.map {
          AnchorSize(width: $0.width * x, height: $0.height * y)
        }
      } text: { _, scales in
        "anchors\(names.on(scales)) multiplied by the stride, although they are in pixels"
      },
    ]
  }
}

/// Single anchors have other values.
enum AnchorValue: Hypothesis {
  static let ids = ["anchor-value"]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    let original = context.base.map(\.anchors)
    let fitted = original.enumerated().map { scale, anchors in
      anchors.enumerated().map { anchor, size in
        guard let ratio = context.ratio(.size, scale: scale, anchor: anchor) else { return size }
        return AnchorSize(
          width: Float(context.fitted(Double(size.width), times: ratio.x)),
          height: Float(context.fitted(Double(size.height), times: ratio.y)))
      }
    }
    let arePositive = fitted.allSatisfy { $0.allSatisfy { $0.width > 0 && $0.height > 0 } }
    guard fitted != original, arePositive else { return [] }
    let names = context.names
    return [
      Variant(ids, [.size], generality: 3) { recipe, scale in
        recipe.anchors = fitted[scale]
      } text: { _, scales in
        text(scales.flatMap { differences(names[$0], original[$0], fitted[$0]) })
      }
    ]
  }

  /// Values told one by one.
  private static let limit = 6

  private static func text(_ values: [String]) -> String {
    let told = values.prefix(limit).joined(separator: ", ")
    return values.count > limit ? told + ", and \(values.count - limit) more" : told
  }

  private static func differences(
    _ name: String, _ original: [AnchorSize], _ fitted: [AnchorSize]
  ) -> [String] {
    zip(original, fitted).enumerated().flatMap { anchor, sizes in
      let (was, now) = sizes
      return [("width", was.width, now.width), ("height", was.height, now.height)].compactMap {
        side, was, now in
        was == now
          ? nil
          : "anchor \(anchor) of \(name) has \(side) \(Double(now).short), expected "
            + Double(was).short
      }
    }
  }
}

extension Range<Int> {
  /// All orders, the one that changes nothing first.
  var permutations: [[Int]] {
    reduce([[]]) { orders, _ in
      orders.flatMap { order in filter { !order.contains($0) }.map { order + [$0] } }
    }
  }
}

extension ScaleNames {
  /// "p3 and p5 exchanged", or where each now stands.
  func moved(_ order: [Int]) -> String {
    let moved = order.indices.filter { order[$0] != $0 }
    if moved.count == 2 { return "\(list(moved)) exchanged" }
    return "the scales in the order \(order.map { self[$0] }.listed), expected "
      + list(Array(order.indices))
  }
}
