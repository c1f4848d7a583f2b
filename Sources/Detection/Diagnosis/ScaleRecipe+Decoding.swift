import BoxMath
import Glibc
import Tensors

/// A recipe applied to the head map of its scale, cell by cell, in double precision.
struct ScaleDecoder {
  let recipe: ScaleRecipe
  let scale: HeadValues.Scale
  let classCount: Int
  /// What is added to each logit, times its magnitude above 1: to see how far noise carries.
  var nudge = 0.0

  /// A cell of the scale.
  struct Place {
    let anchor: Int
    let row: Int
    let column: Int
  }

  /// The logit of a channel; NaN when the recipe reads beside the map.
  private func logit(_ channel: Int, _ place: Place) -> Double {
    let grid = scale.grid
    let plane =
      switch recipe.channelOrder {
      case .anchorMajor: place.anchor * recipe.channelStep + channel
      case .attributeMajor: channel * grid.anchors + place.anchor
      }
    let cell =
      recipe.readsTransposed
      ? place.column * grid.columns + place.row : place.row * grid.columns + place.column
    let index = plane * scale.planeSize + cell
    guard plane >= 0, scale.logits.indices.contains(index) else { return .nan }
    let value = Double(scale.logits[index])
    return nudge == 0 ? value : value + nudge * max(1, abs(value))
  }

  func value(
    _ channel: Int, _ place: Place, _ activation: ScaleRecipe.Activation
  ) -> Double {
    let logit = logit(channel, place)
    let activated =
      switch activation {
      case .missing: logit
      case .once: logit.sigmoid
      case .twice: logit.sigmoid.sigmoid
      }
    return switch recipe.precision {
    case .float32: activated
    case .float16: Double(Half(Float(activated)).float)
    case .bfloat16: Double(BFloat16(Float(activated)).float)
    }
  }

  func center(_ place: Place) -> SIMD2<Double> {
    let x = value(0, place, recipe.activations.center)
    let y = value(1, place, recipe.activations.center)
    let (column, row) =
      recipe.exchangesGrid ? (place.row, place.column) : (place.column, place.row)
    return SIMD2(
      (x * recipe.centerFactor + recipe.centerOffset + Double(column)) * recipe.strideX
        * recipe.boxScaleX,
      (y * recipe.centerFactor + recipe.centerOffset + Double(row)) * recipe.strideY
        * recipe.boxScaleY)
  }

  func size(_ place: Place) -> SIMD2<Double> {
    let anchor = recipe.anchors[place.anchor]
    func side(_ channel: Int, _ anchor: Float) -> Double {
      let value = recipe.size.factor * value(channel, place, recipe.activations.size)
      let size =
        switch recipe.size.function {
        case .square: value * value
        case .identity: value
        case .exponential: exp(value)
        }
      return recipe.size.usesAnchor ? size * Double(anchor) : size
    }
    return SIMD2(
      side(2, anchor.width) * recipe.boxScaleX, side(3, anchor.height) * recipe.boxScaleY)
  }

  func objectness(_ place: Place) -> Double { value(4, place, recipe.activations.objectness) }

  func classScore(_ index: Int, _ place: Place) -> Double {
    value(channel(ofClass: index, place), place, recipe.activations.classes)
  }

  private func channel(ofClass index: Int, _ place: Place) -> Int {
    switch recipe.classSource {
    case .own: 5 + index
    case .rolled(let shift): 5 + (index - shift + 2 * classCount) % classCount
    case .offset(let shift): 5 + index + shift
    case .permuted(let sources):
      5 + (index < sources[place.anchor].count ? sources[place.anchor][index] : index)
    }
  }

  /// Class probability times objectness, or what the recipe takes for it.
  func product(_ index: Int, _ place: Place) -> Double {
    switch recipe.scoring {
    case .product: objectness(place) * classScore(index, place)
    case .classOnly: classScore(index, place)
    case .objectnessOnly: objectness(place)
    }
  }

  /// The class of a cell.
  ///
  /// - Parameter pluginRule: whether a class has to be above 0.
  func bestClass(_ place: Place, pluginRule: Bool) -> ClassChoice<Double> {
    // A sigmoid keeps the order.
    let best = ClassChoice<Double>.firstLargest(of: recipe.classCount) {
      logit(channel(ofClass: $0, place), place)
    }
    let probability = classScore(best.index, place)
    return pluginRule && !(probability > 0)
      ? ClassChoice(index: -1, probability: 0)
      : ClassChoice(index: best.index, probability: probability)
  }

  /// The class and the score of the row a cell makes.
  func scoredClass(_ place: Place, pluginRule: Bool) -> (label: Int, score: Double) {
    let choice = bestClass(place, pluginRule: pluginRule)
    let score =
      switch recipe.scoring {
      case .product: objectness(place) * choice.probability
      case .classOnly: choice.probability
      case .objectnessOnly: objectness(place)
      }
    return (choice.index + recipe.labelShift, score)
  }

  /// The box of a cell as it is read on the other side.
  func box(_ place: Place) -> Box {
    let (center, size) = (SIMD2<Float>(center(place)), SIMD2<Float>(size(place)))
    func around(_ center: SIMD2<Float>, _ size: SIMD2<Float>) -> Box {
      Box(centerX: center.x, centerY: center.y, width: size.x, height: size.y)
    }
    let box = around(center, size)
    return switch recipe.boxReading {
    case .corners: box
    case .centerAndSize: Box(x1: center.x, y1: center.y, x2: size.x, y2: size.y)
    case .cornersReadAsCenterAndSize:
      around(SIMD2(box.x1, box.y1), SIMD2(box.x2, box.y2))
    case .cornersInOrder(let order):
      Box(
        x1: box.corners[order[0]], y1: box.corners[order[1]], x2: box.corners[order[2]],
        y2: box.corners[order[3]])
    }
  }
}

extension Double {
  var sigmoid: Double { 1 / (1 + Glibc.exp(-self)) }
}
