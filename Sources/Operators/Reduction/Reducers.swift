import Tensors

/// A sum of floating-point elements, added up in float64.
enum FloatingSum<Element: FloatingElement>: Reducer {
  static var start: Double { 0 }
  static func combine(_ sum: Double, _ element: Element) -> Double { sum + Double(element) }
  static func merge(_ left: Double, _ right: Double) -> Double { left + right }
  static func finish(_ sum: Double, count: Int) -> Element { Element(sum) }
}

/// The mean of floating-point elements, NaN for none.
enum FloatingMean<Element: FloatingElement>: Reducer {
  static var start: Double { 0 }
  static func combine(_ sum: Double, _ element: Element) -> Double { sum + Double(element) }
  static func merge(_ left: Double, _ right: Double) -> Double { left + right }
  static func finish(_ sum: Double, count: Int) -> Element { Element(sum / Double(count)) }
}

/// A sum of integers, which wraps around.
enum IntegerSum<Element: IntegerElement>: Reducer {
  static var start: Element { 0 }
  static func combine(_ sum: Element, _ element: Element) -> Element { sum &+ element }
  static func merge(_ left: Element, _ right: Element) -> Element { left &+ right }
  static func finish(_ sum: Element, count: Int) -> Element { sum }
}

/// The mean of integers without its fraction, 0 for none.
enum IntegerMean<Element: IntegerElement>: Reducer {
  static var start: Double { 0 }
  static func combine(_ sum: Double, _ element: Element) -> Double { sum + Double(element) }
  static func merge(_ left: Double, _ right: Double) -> Double { left + right }
  static func finish(_ sum: Double, count: Int) -> Element {
    Element(converting: sum / Double(count))
  }
}

/// The largest floating-point element: NaN if there is one, and minus infinity for none.
enum FloatingMax<Element: FloatingElement>: Reducer {
  static var start: Element { -.infinity }
  static func combine(_ largest: Element, _ element: Element) -> Element {
    largest > element || largest.isNaN ? largest : element
  }
  static func merge(_ left: Element, _ right: Element) -> Element { combine(left, right) }
  static func finish(_ largest: Element, count: Int) -> Element { largest }
}

/// The largest integer, the lowest of its type for none.
enum IntegerMax<Element: IntegerElement>: Reducer {
  static var start: Element { .min }
  static func combine(_ largest: Element, _ element: Element) -> Element { max(largest, element) }
  static func merge(_ left: Element, _ right: Element) -> Element { max(left, right) }
  static func finish(_ largest: Element, count: Int) -> Element { largest }
}

/// Whether any element is true.
enum AnyTrue: Reducer {
  static var start: Bool { false }
  static func combine(_ any: Bool, _ element: Bool) -> Bool { any || element }
  static func merge(_ left: Bool, _ right: Bool) -> Bool { left || right }
  static func finish(_ any: Bool, count: Int) -> Bool { any }
}

/// A product of floating-point elements, multiplied in float64.
enum FloatingProduct<Element: FloatingElement>: Reducer {
  static var start: Double { 1 }
  static func combine(_ partial: Double, _ element: Element) -> Double { partial * Double(element) }
  static func merge(_ left: Double, _ right: Double) -> Double { left * right }
  static func finish(_ partial: Double, count: Int) -> Element { Element(partial) }
}

/// A product of integers, which wraps around.
enum IntegerProduct<Element: IntegerElement>: Reducer {
  static var start: Element { 1 }
  static func combine(_ partial: Element, _ element: Element) -> Element { partial &* element }
  static func merge(_ left: Element, _ right: Element) -> Element { left &* right }
  static func finish(_ partial: Element, count: Int) -> Element { partial }
}

/// A sum of squares, added up in float64.
enum FloatingSquareSum<Element: FloatingElement>: Reducer {
  static var start: Double { 0 }
  static func combine(_ partial: Double, _ element: Element) -> Double {
    partial + Double(element) * Double(element)
  }
  static func merge(_ left: Double, _ right: Double) -> Double { left + right }
  static func finish(_ partial: Double, count: Int) -> Element { Element(partial) }
}

/// A sum of integers' squares, which wraps around.
enum IntegerSquareSum<Element: IntegerElement>: Reducer {
  static var start: Element { 0 }
  static func combine(_ partial: Element, _ element: Element) -> Element {
    partial &+ element &* element
  }
  static func merge(_ left: Element, _ right: Element) -> Element { left &+ right }
  static func finish(_ partial: Element, count: Int) -> Element { partial }
}

/// A sum of magnitudes, added up in float64.
enum FloatingMagnitudeSum<Element: FloatingElement>: Reducer {
  static var start: Double { 0 }
  static func combine(_ partial: Double, _ element: Element) -> Double {
    partial + Double(element.magnitude)
  }
  static func merge(_ left: Double, _ right: Double) -> Double { left + right }
  static func finish(_ partial: Double, count: Int) -> Element { Element(partial) }
}

/// A sum of integers' magnitudes, which wraps around.
enum IntegerMagnitudeSum<Element: IntegerElement>: Reducer {
  static var start: Element { 0 }
  static func combine(_ partial: Element, _ element: Element) -> Element {
    partial &+ (element < 0 ? 0 &- element : element)
  }
  static func merge(_ left: Element, _ right: Element) -> Element { left &+ right }
  static func finish(_ partial: Element, count: Int) -> Element { partial }
}

/// The square root of a sum of squares, added up in float64.
enum FloatingNorm<Element: FloatingElement>: Reducer {
  static var start: Double { 0 }
  static func combine(_ partial: Double, _ element: Element) -> Double {
    partial + Double(element) * Double(element)
  }
  static func merge(_ left: Double, _ right: Double) -> Double { left + right }
  static func finish(_ partial: Double, count: Int) -> Element { Element(partial.squareRoot()) }
}

/// The square root of a sum of integers' squares without its fraction.
enum IntegerNorm<Element: IntegerElement>: Reducer {
  static var start: Double { 0 }
  static func combine(_ partial: Double, _ element: Element) -> Double {
    partial + Double(element) * Double(element)
  }
  static func merge(_ left: Double, _ right: Double) -> Double { left + right }
  static func finish(_ partial: Double, count: Int) -> Element {
    Element(converting: partial.squareRoot())
  }
}

/// The logarithm of a sum, added up in float64.
enum FloatingLogSum<Element: FloatingElement>: Reducer {
  static var start: Double { 0 }
  static func combine(_ partial: Double, _ element: Element) -> Double { partial + Double(element) }
  static func merge(_ left: Double, _ right: Double) -> Double { left + right }
  static func finish(_ partial: Double, count: Int) -> Element { Element(Double.log(partial)) }
}

/// The logarithm of a sum of integers without its fraction.
enum IntegerLogSum<Element: IntegerElement>: Reducer {
  static var start: Double { 0 }
  static func combine(_ partial: Double, _ element: Element) -> Double { partial + Double(element) }
  static func merge(_ left: Double, _ right: Double) -> Double { left + right }
  static func finish(_ partial: Double, count: Int) -> Element {
    Element(converting: Double.log(partial))
  }
}

/// The logarithm of a sum of exponentials.
enum FloatingLogSumExp<Element: FloatingElement>: Reducer {
  static var start: ExponentialSum { .none }
  static func combine(_ partial: ExponentialSum, _ element: Element) -> ExponentialSum {
    partial.adding(Double(element))
  }
  static func merge(_ left: ExponentialSum, _ right: ExponentialSum) -> ExponentialSum {
    left.merged(with: right)
  }
  static func finish(_ partial: ExponentialSum, count: Int) -> Element {
    Element(partial.logarithm)
  }
}

/// The logarithm of a sum of integers' exponentials without its fraction.
enum IntegerLogSumExp<Element: IntegerElement>: Reducer {
  static var start: ExponentialSum { .none }
  static func combine(_ partial: ExponentialSum, _ element: Element) -> ExponentialSum {
    partial.adding(Double(element))
  }
  static func merge(_ left: ExponentialSum, _ right: ExponentialSum) -> ExponentialSum {
    left.merged(with: right)
  }
  static func finish(_ partial: ExponentialSum, count: Int) -> Element {
    Element(converting: partial.logarithm)
  }
}

/// A sum of exponentials, as a multiple of the largest of them, which may be beyond any number.
struct ExponentialSum: BitwiseCopyable {
  private let largestExponent: Double
  private let multiple: Double

  /// The sum of none.
  static let none = ExponentialSum(largestExponent: -.infinity, multiple: 0)

  var logarithm: Double { largestExponent + Double.log(multiple) }

  func adding(_ exponent: Double) -> ExponentialSum {
    merged(with: ExponentialSum(largestExponent: exponent, multiple: 1))
  }

  func merged(with other: ExponentialSum) -> ExponentialSum {
    if other.largestExponent > largestExponent || other.largestExponent.isNaN {
      return other.merged(withSmaller: self)
    }
    return merged(withSmaller: other)
  }

  private func merged(withSmaller other: ExponentialSum) -> ExponentialSum {
    // Two infinities of one sign have no difference, but are as large as one another.
    let isAsLarge = other.largestExponent == largestExponent
    let factor = isAsLarge ? 1 : Double.exp(other.largestExponent - largestExponent)
    return ExponentialSum(
      largestExponent: largestExponent, multiple: multiple + other.multiple * factor)
  }
}

/// The smallest floating-point element: NaN if there is one, and infinity for none.
enum FloatingMin<Element: FloatingElement>: Reducer {
  static var start: Element { .infinity }
  static func combine(_ smallest: Element, _ element: Element) -> Element {
    smallest < element || smallest.isNaN ? smallest : element
  }
  static func merge(_ left: Element, _ right: Element) -> Element { combine(left, right) }
  static func finish(_ smallest: Element, count: Int) -> Element { smallest }
}

/// The smallest integer, the highest of its type for none.
enum IntegerMin<Element: IntegerElement>: Reducer {
  static var start: Element { .max }
  static func combine(_ smallest: Element, _ element: Element) -> Element {
    min(smallest, element)
  }
  static func merge(_ left: Element, _ right: Element) -> Element { min(left, right) }
  static func finish(_ smallest: Element, count: Int) -> Element { smallest }
}

/// Whether all elements are true.
enum AllTrue: Reducer {
  static var start: Bool { true }
  static func combine(_ all: Bool, _ element: Bool) -> Bool { all && element }
  static func merge(_ left: Bool, _ right: Bool) -> Bool { left && right }
  static func finish(_ all: Bool, count: Int) -> Bool { all }
}
