import Foundation
import Tensors
import Testing

/// Foundation's `String(format:)` is the oracle.
struct DoubleTextTests {
  private static let numbers: [Double] = [
    0, -0.0, 0.05, 1.005, -2.5, 99.95, 1e-7, 123456.789, .greatestFiniteMagnitude, .infinity, -.nan,
  ]

  @Test(arguments: numbers)
  func writesAsCDoes(_ number: Double) {
    for digits in [0, 1, 3, 6] {
      #expect(number.fixed(digits) == String(format: "%.\(digits)f", number))
      #expect(number.fixed(digits, width: 9) == String(format: "%9.\(digits)f", number))
    }
    for digits in [1, 2, 5] {
      #expect(number.significant(digits) == String(format: "%.\(digits)g", number))
    }
  }
}
