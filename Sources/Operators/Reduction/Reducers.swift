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
