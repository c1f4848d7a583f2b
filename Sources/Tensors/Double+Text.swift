import Glibc

extension Double {
  /// The number with as many digits behind the point, as `%f` of C has it.
  ///
  /// - Parameter width: what spaces on the left fill it up to.
  package func fixed(_ digits: Int, width: Int = 0) -> String {
    formatted("%*.*f", [Int32(width), Int32(digits), self])
  }

  /// The number with as many significant digits, as `%g` of C has it.
  package func significant(_ digits: Int) -> String { formatted("%.*g", [Int32(digits), self]) }

  private func formatted(_ format: String, _ arguments: [any CVarArg]) -> String {
    // The largest number has 309 digits before the point.
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
      let count = withVaList(arguments) { vsnprintf(text.baseAddress, text.count, format, $0) }
      return String(decoding: text.prefix(Int(count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
  }
}
