/// The sigmoid is missing, or applied twice.
enum SigmoidCount: Hypothesis, MapHypothesis {
  static let ids = ["sigmoid-missing", "sigmoid-twice"]

  /// On single terms.
  static func variants(_ context: HypothesisContext) -> [Variant] {
    variants(context, reach: .terms, generality: 1)
  }

  /// On all channels of a scale.
  static func mapVariants(_ context: HypothesisContext) -> [Variant] {
    variants(context, reach: .scales, generality: 0)
  }

  private static func variants(
    _ context: HypothesisContext, reach: Variant.Reach, generality: Int
  ) -> [Variant] {
    let names = context.names
    func variant(
      _ id: String, _ activation: ScaleRecipe.Activation, _ what: String
    ) -> Variant {
      Variant(
        [id], [.center, .size, .objectness, .classes, .score, .label], reach: reach,
        generality: generality
      ) { recipe, _ in
        recipe.activations = .init(
          center: activation, size: activation, objectness: activation, classes: activation)
      } text: { result, scales in
        let parts =
          result.indices.contains(scales.first ?? -1)
          ? result[scales[0]].activations.parts(activation) : []
        let of = parts.isEmpty ? "" : " of " + parts.listed
        return "\(what)\(of)\(names.on(scales))"
      }
    }
    return [
      variant("sigmoid-missing", .missing, "the sigmoid is missing"),
      variant("sigmoid-twice", .twice, "the sigmoid is applied twice"),
    ]
  }
}

extension ScaleRecipe.Activations {
  /// What has this activation, where not everything has.
  fileprivate func parts(_ activation: ScaleRecipe.Activation) -> [String] {
    let all = [
      ("the centres", center), ("the sizes", size), ("the objectness", objectness),
      ("the classes", classes),
    ]
    let those = all.filter { $0.1 == activation }
    return those.count == all.count ? [] : those.map { $0.0 }
  }
}

/// Values are rounded to a 16-bit type behind the sigmoid.
enum HeadPrecision: MapHypothesis {
  static let ids = ["float16", "bfloat16"]

  static func mapVariants(_ context: HypothesisContext) -> [Variant] {
    let names = context.names
    return [("float16", ScaleRecipe.Precision.float16), ("bfloat16", .bfloat16)].map {
      id, precision in
      Variant(
        [id], [.center, .size, .objectness, .classes, .score, .label], generality: 1
      ) { recipe, _ in
        recipe.precision = precision
      } text: { _, scales in
        "the values of the head maps\(names.on(scales)) are rounded to \(id): rounding, not a bug"
      }
    }
  }
}
