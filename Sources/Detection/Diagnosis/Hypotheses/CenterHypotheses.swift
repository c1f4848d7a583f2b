/// The centre lacks its offset of half a cell, or its factor of two, or both.
enum CenterFormula: Hypothesis {
  static let ids = ["xy-no-offset", "xy-no-scale"]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    let names = context.names
    func variant(
      _ ids: [String], factor: Double, offset: Double, _ what: String
    ) -> Variant {
      Variant(ids, [.center], generality: ids.count - 1) { recipe, _ in
        recipe.centerFactor = factor
        recipe.centerOffset = offset
      } text: { _, scales in
        "\(what)\(names.on(scales))"
      }
    }
    return [
      variant(["xy-no-offset"], factor: 2, offset: 0, "centres without the offset of -0.5"),
      variant(["xy-no-scale"], factor: 1, offset: -0.5, "centres without the factor of 2"),
      variant(
        ["xy-no-offset", "xy-no-scale"], factor: 1, offset: 0,
        "centres without the factor of 2 and the offset of -0.5 (as in YOLOv3)"),
    ]
  }
}

/// The centre uses the row for the column and the other way round.
enum GridExchanged: Hypothesis {
  static let ids = ["rows-columns-exchanged"]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    let names = context.names
    return [
      Variant(ids, [.center]) { recipe, _ in
        recipe.exchangesGrid.toggle()
      } text: { _, scales in
        "rows and columns of the grid exchanged in the centres\(names.on(scales))"
      }
    ]
  }
}

/// A centre is multiplied by another stride.
enum StrideValue: Hypothesis {
  static let ids = ["stride"]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    let original = context.base.map { SIMD2($0.strideX, $0.strideY) }
    let fitted = original.indices.map { scale -> SIMD2<Double> in
      guard let ratio = context.ratio(.center, scale: scale) else { return original[scale] }
      return SIMD2(
        context.fitted(original[scale].x, times: ratio.x),
        context.fitted(original[scale].y, times: ratio.y))
    }
    guard fitted != original else { return [] }
    let names = context.names
    return [
      Variant(ids, [.center], generality: 2) { recipe, scale in
        (recipe.strideX, recipe.strideY) = (fitted[scale].x, fitted[scale].y)
      } text: { _, scales in
        scales.map { scale in
          "the stride of \(names[scale]) is \(fitted[scale].text), expected "
            + original[scale].text
        }.joined(separator: ", ")
      }
    ]
  }
}

extension SIMD2<Double> {
  fileprivate var text: String { x == y ? x.short : "\(x.short) by \(y.short)" }
}
