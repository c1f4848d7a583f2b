/// A whole number that depends on open dimensions: a polynomial over symbols with whole
/// coefficients.
///
/// Equal polynomials are equal numbers. What is no polynomial (a quotient that leaves a rest) is a
/// symbol named by how it is computed, so that equal computations are equal symbols.
package struct Size: Hashable {
  package private(set) var constant: Int
  /// Coefficients, none 0, by the symbols multiplied with one another.
  package private(set) var terms: [[String]: Int] = [:]

  package init(_ constant: Int) { self.constant = constant }

  /// - Parameter symbol: a dimension, which is never negative. `±` in front marks other numbers.
  package init(symbol: String) {
    constant = 0
    terms = [[symbol]: 1]
  }

  /// The number, when it depends on nothing.
  package var fixed: Int? { terms.isEmpty ? constant : nil }

  /// Whether the number is above 0 whatever the dimensions are.
  package var isPositive: Bool { constant > 0 && isGrowing }

  /// Whether the number is below 0 whatever the dimensions are.
  package var isNegative: Bool { (0 &- 1).times(self)?.isPositive ?? false }

  private var isGrowing: Bool {
    terms.allSatisfy { symbols, coefficient in
      coefficient > 0 && symbols.allSatisfy { !$0.hasPrefix("±") }
    }
  }

  // MARK: Arithmetic; nil when a coefficient grows too large.

  package func plus(_ other: Size) -> Size? {
    var sum = self
    guard let constant = constant.checkedSum(other.constant) else { return nil }
    sum.constant = constant
    for (symbols, coefficient) in other.terms {
      guard let total = (sum.terms[symbols] ?? 0).checkedSum(coefficient) else { return nil }
      sum.terms[symbols] = total == 0 ? nil : total
    }
    return sum.terms.count <= Self.mostTerms ? sum : nil
  }

  /// What is more complicated is not followed: sums of sums double with every step.
  private static var mostTerms: Int { 32 }
  private static var longestSymbol: Int { 400 }

  /// The size as one symbol; `nil` when its text is too long.
  func asSymbol(_ text: (Size) -> String) -> Size? {
    let length = terms.keys.reduce(0) { $0 + $1.reduce(0) { $0 + $1.utf8.count } }
    return length <= Self.longestSymbol ? Size(symbol: text(self)) : nil
  }

  package func minus(_ other: Size) -> Size? { (-1).times(other).flatMap { plus($0) } }

  package func times(_ other: Size) -> Size? {
    var product = Size(0)
    for (symbols, coefficient) in allTerms {
      for (otherSymbols, otherCoefficient) in other.allTerms {
        guard let value = coefficient.checkedProduct(otherCoefficient) else { return nil }
        var term = Size(0)
        let joined = (symbols + otherSymbols).sorted()
        if joined.isEmpty {
          term.constant = value
        } else if value != 0 {
          term.terms[joined] = value
        }
        guard joined.count <= 8, let sum = product.plus(term) else { return nil }
        product = sum
      }
    }
    return product
  }

  /// The quotient rounded down.
  package func dividedDown(by divisor: Int) -> Size? {
    guard divisor > 0 else { return nil }
    if terms.values.allSatisfy({ $0 % divisor == 0 }) {
      var quotient = self
      quotient.terms = terms.mapValues { $0 / divisor }
      quotient.constant = constant.dividedDown(by: divisor)
      return quotient
    }
    return asSymbol { "\($0.isGrowing && $0.constant >= 0 ? "" : "±")⌊(\($0))/\(divisor)⌋" }
  }

  /// The quotient, when the divisor is one term that divides every term.
  package func divided(by divisor: Size) -> Size? {
    guard let (symbols, coefficient) = divisor.onlyTerm, coefficient != 0,
      coefficient != -1 || !allTerms.contains(where: { $0.1 == .min })
    else { return nil }
    var quotient = Size(0)
    for (own, value) in allTerms where value != 0 {
      guard value % coefficient == 0, let rest = own.removing(symbols) else { return nil }
      if rest.isEmpty {
        quotient.constant = value / coefficient
      } else {
        quotient.terms[rest] = value / coefficient
      }
    }
    return quotient
  }

  private var allTerms: [([String], Int)] {
    [([], constant)] + terms.map { ($0.key, $0.value) }
  }

  private var onlyTerm: ([String], Int)? {
    if terms.isEmpty { return ([], constant) }
    return constant == 0 && terms.count == 1 ? terms.first.map { ($0.key, $0.value) } : nil
  }
}

extension Size: CustomStringConvertible {
  package var description: String {
    let parts = terms.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { symbols, factor in
      (factor == 1 ? "" : "\(factor)·") + symbols.joined(separator: "·")
    }
    let all = constant == 0 && !parts.isEmpty ? parts : parts + ["\(constant)"]
    return all.joined(separator: "+")
  }
}

extension [Size] {
  /// The numbers, when none depends on anything.
  package var fixed: [Int]? {
    let values = compactMap(\.fixed)
    return values.count == count ? values : nil
  }

  package var product: Size? {
    reduce(Size(1) as Size?) { product, size in product?.times(size) }
  }
}

extension Int {
  fileprivate func times(_ size: Size) -> Size? { Size(self).times(size) }

  fileprivate func checkedSum(_ other: Int) -> Int? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }

  fileprivate func checkedProduct(_ other: Int) -> Int? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }

  fileprivate func dividedDown(by divisor: Int) -> Int {
    let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? quotient - 1 : quotient
  }
}

extension [String] {
  /// The symbols without `others`, when all of those are among them.
  fileprivate func removing(_ others: [String]) -> [String]? {
    var rest = self
    for symbol in others {
      guard let index = rest.firstIndex(of: symbol) else { return nil }
      rest.remove(at: index)
    }
    return rest
  }
}
