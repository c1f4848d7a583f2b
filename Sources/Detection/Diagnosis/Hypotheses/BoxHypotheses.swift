/// Corners are taken for centre and size, or the other way round.
enum BoxEncoding: MapHypothesis {
  static let ids = ["center-size-boxes"]

  static func mapVariants(_ context: HypothesisContext) -> [Variant] {
    func variant(_ reading: ScaleRecipe.BoxReading, _ text: String) -> Variant {
      Variant(ids, [.center, .size], reach: .whole) { recipe, _ in
        recipe.boxReading = reading
      } text: { _, _ in
        text
      }
    }
    return [
      variant(.centerAndSize, "boxes are centre and size where corners are expected"),
      variant(
        .cornersReadAsCenterAndSize, "boxes are corners where centre and size are expected"),
    ]
  }
}

/// The four corners stand in another order.
enum CornerOrder: MapHypothesis {
  static let ids = ["corner-order", "yx-exchanged"]

  static func mapVariants(_ context: HypothesisContext) -> [Variant] {
    (0..<4).permutations.dropFirst().filter(context.makesBoxes).map { order in
      let isYFirst = order == [1, 0, 3, 2]
      return Variant(
        [isYFirst ? "yx-exchanged" : "corner-order"], [.center, .size], reach: .whole
      ) { recipe, _ in
        recipe.boxReading = .cornersInOrder(order)
      } text: { _, _ in
        isYFirst ? "y stands before x" : "corners stand as \(order.cornerNames)"
      }
    }
  }
}

extension [Int] {
  /// What a box's four numbers are called in this order.
  var cornerNames: String {
    map { ["x1", "y1", "x2", "y2"][$0] }.joined(separator: ", ")
  }
}

/// All coordinates are multiplied by a number, as when boxes are in units of the input's size.
enum BoxScale: MapHypothesis {
  static let ids = ["boxes-scaled"]

  static func mapVariants(_ context: HypothesisContext) -> [Variant] {
    let ratios = context.base.indices.compactMap { scale in
      context.sample.entries[scale].isEmpty ? nil : context.ratio(.size, scale: scale)
    }
    guard let ratio = ratios.first else { return [] }
    let factors = SIMD2(context.factor(ratio.x), context.factor(ratio.y))
    guard factors != SIMD2(1, 1), factors.x.isFinite, factors.y.isFinite else { return [] }
    func told(_ factor: Double) -> String {
      factor < 1 ? "1/\((1 / factor).short)" : factor.short
    }
    let text =
      factors.x == factors.y ? told(factors.x) : "\(told(factors.x)) and \(told(factors.y))"
    return [
      Variant(ids, [.center, .size], reach: .whole, generality: 2) { recipe, _ in
        (recipe.boxScaleX, recipe.boxScaleY) = (factors.x, factors.y)
      } text: { _, _ in
        "all coordinates of the boxes multiplied by \(text)"
      }
    ]
  }
}

extension HypothesisContext {
  /// Whether nearly all boxes would have their first corner before the second if the corners stood in
  /// this order.
  fileprivate func makesBoxes(_ order: [Int]) -> Bool {
    let places = order.indices.map { order.firstIndex(of: $0)! }
    let boxes = sample.entries.joined().map { sample.fit.observed.boxes[$0].corners }
    let right = boxes.count { box in
      box[places[0]] <= box[places[2]] && box[places[1]] <= box[places[3]]
    }
    return !boxes.isEmpty && Double(right) >= 0.9 * Double(boxes.count)
  }

  /// A ratio, as 1 over a whole number where it is below 1 and allows it.
  fileprivate func factor(_ ratio: Double) -> Double {
    guard ratio > 0, ratio < 1 else { return fitted(1, times: ratio) }
    return 1 / fitted(1, times: 1 / ratio)
  }
}

/// The head maps are given in another order than their anchors and strides.
enum HeadsPermuted: Hypothesis {
  static let ids = ["heads-permuted"]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    let base = context.base
    let grids = context.sample.fit.heads.layout.scales
    guard base.count <= 4, Set(base.map(\.anchors.count)).count == 1 else { return [] }
    let last = base.count - 1
    let names = context.names
    return base.indices.permutations.dropFirst().flatMap { order -> [Variant] in
      if let known = context.facts.mapOrder, known != order { return [] }
      let places = order.indices.map { order.firstIndex(of: $0)! }
      let generality = context.facts.mapOrder == nil ? 1 : -1
      let text = { @Sendable (_: [ScaleRecipe], _: [Int]) in
        "maps given in the order \(order.map { names[$0] }.listed), expected "
          + names.list(Array(order.indices))
      }
      // The plugin takes its input's size from the map that stands last.
      let width = base[last].strideX * Double(grids[order[last]].columns)
      let height = base[last].strideY * Double(grids[order[last]].rows)
      return [
        Variant(ids, [.center, .size], reach: .whole, generality: generality) { recipe, scale in
          recipe.anchors = base[places[scale]].anchors
          recipe.strideX = width / Double(grids[scale].columns)
          recipe.strideY = height / Double(grids[scale].rows)
        } text: {
          text($0, $1)
        },
        Variant(ids, [.center, .size], reach: .whole, generality: generality) { recipe, scale in
          recipe.anchors = base[places[scale]].anchors
          recipe.strideX = base[places[scale]].strideX
          recipe.strideY = base[places[scale]].strideY
        } text: {
          text($0, $1)
        },
      ]
    }
  }
}
