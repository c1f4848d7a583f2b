/// The class chosen for a cell and its probability.
public struct ClassChoice<T>: Sendable where T: Sendable {
  public let index: Int
  public let probability: T

  @inlinable public init(index: Int, probability: T) {
    self.index = index
    self.probability = probability
  }
}

extension ClassChoice where T: BinaryFloatingPoint {
  /// The first largest of `count` probabilities; NaN only when all are.
  ///
  /// - Precondition: `count` is at least 1.
  @inlinable public static func firstLargest(
    of count: Int, probability: (Int) -> T
  ) -> ClassChoice {
    var best = 0
    var largest = probability(0)
    for index in 1..<max(count, 1) {
      let value = probability(index)
      if value > largest || (largest.isNaN && !value.isNaN) {
        best = index
        largest = value
      }
    }
    return ClassChoice(index: best, probability: largest)
  }

  /// The choice of `YoloLayer_TRT`: a maximum that starts at 0 with class -1 and moves on strictly
  /// greater only. Where no probability is above 0 the class is -1 and the probability 0.
  @inlinable public static func pluginRule(
    of count: Int, probability: (Int) -> T
  ) -> ClassChoice {
    var best = -1
    var largest: T = 0
    for index in 0..<count {
      let value = probability(index)
      if value > largest {
        best = index
        largest = value
      }
    }
    return ClassChoice(index: best, probability: largest)
  }
}
