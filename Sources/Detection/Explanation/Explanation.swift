import BoxMath
import Glibc

/// Spells out the numbers of single cells as the two sides make them.
package struct Explanation {
  private let reference: [ScaleDecoder]
  /// The other side's decode, where a diagnosis tells it.
  private let explained: [ScaleDecoder]?
  private let tolerance: DetectionTolerance
  private let referenceName: String

  /// - Parameter diagnosed: the other side's recipe, if one explains it.
  package init?(_ evidence: DiagnosisEvidence, diagnosed: DecodeRecipe?) {
    guard
      let recipe = DecodeRecipe(
        evidence.geometry, heads: evidence.heads, selection: evidence.selection)
    else { return nil }
    reference = evidence.heads.decoders(recipe.scales)
    explained = diagnosed.map { evidence.heads.decoders($0.scales) }
    tolerance = evidence.tolerance
    referenceName = evidence.referenceName
  }

  /// What one side gave for a cell.
  package struct Numbers {
    package var box: Box
    package var score: Float?

    package init(box: Box, score: Float? = nil) {
      self.box = box
      self.score = score
    }
  }

  /// A line for each number of a cell that differs: how the patched side comes to its own, where that
  /// is known, and how the original does.
  package func formulas(_ cell: Cell, original: Numbers, patched: Numbers) -> [String] {
    guard reference.indices.contains(cell.scale) else { return [] }
    let place = ScaleDecoder.Place(anchor: cell.anchor, row: cell.row, column: cell.column)
    let (left, right) = (original.box.centerAndSize, patched.box.centerAndSize)
    let allowed = Double(tolerance.allowed(for: original.box))
    let errors = (0..<4).map { abs(left[$0] - right[$0]) }
    let isBoxApart = !(Double(original.box.largestDifference(from: patched.box)) <= allowed)
    var lines = FormulaPart.allCases.prefix(4).enumerated().compactMap { axis, part -> String? in
      guard isBoxApart, errors[axis] > allowed || errors[axis] == errors.max() else { return nil }
      return line(part, cell.scale, place, left[axis], right[axis], allowed, unit: " px")
    }
    if let a = original.score, let b = patched.score, !(abs(a - b) <= tolerance.score) {
      lines += [
        line(
          .score, cell.scale, place, Double(a), Double(b), Double(tolerance.score), unit: "")
      ].compactMap { $0 }
    }
    return lines
  }

  private func line(
    _ part: FormulaPart, _ scale: Int, _ place: ScaleDecoder.Place, _ original: Double,
    _ patched: Double, _ allowed: Double, unit: String
  ) -> String? {
    guard original.isFinite, patched.isFinite else { return nil }
    let digits = Self.digits(abs(original - patched), unit.isEmpty ? 4 : 1)
    func side(_ decoder: ScaleDecoder?, _ value: Double) -> String {
      let number = value.fixed(digits) + unit
      guard let formula = decoder?.formula(part, place),
        abs(formula.value - value) <= 2 * max(allowed, 1e-6 * abs(value))
      else { return number }
      return "\(formula.text) = \(number)"
    }
    return "\(part.rawValue) = \(side(explained?[scale], patched)), \(referenceName) "
      + side(reference[scale], original)
  }

  /// Decimals that show a difference.
  private static func digits(_ difference: Double, _ least: Int) -> Int {
    guard difference > 0, difference.isFinite else { return least }
    return min(max(least, Int((1 - log10(difference)).rounded(.up))), 7)
  }
}

/// The numbers that formulas are written for.
enum FormulaPart: String, CaseIterable {
  case x, y
  case width = "w"
  case height = "h"
  case score
}

extension ScaleDecoder {
  /// How a number is made, written out, and what it comes to.
  func formula(_ part: FormulaPart, _ place: Place) -> (text: String, value: Double) {
    switch part {
    case .x, .y:
      let channel = part == .x ? 0 : 1
      let isColumn = (part == .x) != recipe.exchangesGrid
      let cell = isColumn ? place.column : place.row
      let stride = part == .x ? recipe.strideX : recipe.strideY
      let value = value(channel, place, recipe.activations.center).four
      let factor = recipe.centerFactor == 1 ? "" : "\(recipe.centerFactor.short)*"
      let offset = recipe.centerOffset == 0 ? "" : " - \((-recipe.centerOffset).short)"
      let center = center(place)
      return (
        "(\(factor)\(value)\(offset) + \(cell)) * \(stride.short)" + scaleText(part == .x),
        part == .x ? center.x : center.y
      )
    case .width, .height:
      let channel = part == .width ? 2 : 3
      let anchor = recipe.anchors[place.anchor]
      let side = Double(part == .width ? anchor.width : anchor.height)
      let value = value(channel, place, recipe.activations.size).four
      let inner = recipe.size.factor == 1 ? value : "\(recipe.size.factor.short)*\(value)"
      let text =
        switch recipe.size.function {
        case .square: "(\(inner))^2"
        case .identity: inner
        case .exponential: "exp(\(inner))"
        }
      let size = size(place)
      return (
        (recipe.size.usesAnchor ? "\(text) * \(side.short)" : text)
          + scaleText(part == .width),
        part == .width ? size.x : size.y
      )
    case .score:
      let row = scoredClass(place, pluginRule: false)
      let probability = bestClass(place, pluginRule: false).probability
      let text =
        switch recipe.scoring {
        case .product: "\(objectness(place).four) * \(probability.four)"
        case .classOnly: "class \(probability.four)"
        case .objectnessOnly: "objectness \(objectness(place).four)"
        }
      return (text, row.score)
    }
  }
}

extension ScaleDecoder {
  /// What all coordinates are multiplied by in the end.
  private func scaleText(_ isHorizontal: Bool) -> String {
    let scale = isHorizontal ? recipe.boxScaleX : recipe.boxScaleY
    return scale == 1 ? "" : " * \(scale.short)"
  }
}

extension Double {
  fileprivate var four: String { fixed(4) }
}
