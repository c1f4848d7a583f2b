import Tensors

/// `A / B`, broadcast. Integers are divided towards zero; a zero among their divisors is an error.
struct Div: BinaryFunctionOperator {
  static let type = "Div"
  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { a / b }
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T {
    a.dividedReportingOverflow(by: b).partialValue
  }
  func check<T: IntegerElement>(right: UnsafeBufferPointer<T>) throws {
    try refuseZero(in: right)
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.combined { dividend, divisor in
      guard node.input(0)?.elementType != .float32 else { return nil }
      if let exact = dividend.divided(by: divisor) { return exact }
      // Whole numbers are divided towards 0.
      guard dividend.isPositive, let divisor = divisor.fixed else { return nil }
      return dividend.dividedDown(by: divisor)
    }
  }
}

/// The remainder of `A / B`, broadcast: with the sign of the divisor as in Python, or with that of
/// the dividend as C's `fmod` (attribute `fmod`, which floating point demands).
struct Mod: ArithmeticOperator, BinaryFunction {
  static let type = "Mod"
  static let opsets = 10...newestOpset
  let takesSignOfDividend: Bool

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let fmod = try node.flag("fmod", default: false)
    if try !fmod && node.operand(0).elementType.isFloatingPoint {
      throw OperatorError("attribute fmod is 0, expected 1 for floating point")
    }
    return try .broadcasting(Broadcast(&node), Mod(takesSignOfDividend: fmod))
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.combined()
  }

  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T {
    a.truncatingRemainder(dividingBy: b)
  }

  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T {
    let remainder = a.remainderReportingOverflow(dividingBy: b).partialValue
    let keeps = takesSignOfDividend || remainder == 0 || (remainder < 0) == (b < 0)
    return keeps ? remainder : remainder &+ b
  }

  func check<T: IntegerElement>(right: UnsafeBufferPointer<T>) throws {
    try refuseZero(in: right)
  }
}

private func refuseZero<T: IntegerElement>(in divisors: UnsafeBufferPointer<T>) throws {
  if divisors.contains(0) { throw OperatorError("input 1 holds a zero, by which integers divide") }
}
