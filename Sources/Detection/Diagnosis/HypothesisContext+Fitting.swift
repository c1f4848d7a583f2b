import Tensors

extension HypothesisContext {
  /// What the centres (or sizes) of a scale's cells have to be multiplied by to be those observed,
  /// by the larger half of the sample; `nil` where the sample has none.
  ///
  /// - Parameter anchor: the only one to look at.
  func ratio(_ term: Term, scale: Int, anchor: Int? = nil) -> SIMD2<Double>? {
    let decoder = sample.fit.decoder(scale, base[scale])
    var pairs: [(seen: SIMD2<Double>, expected: SIMD2<Double>)] = []
    for entry in sample.entries[scale] {
      let place = sample.fit.place(entry, scale)
      if let anchor, place.anchor != anchor { continue }
      let (center, size) = sample.fit.seen(entry, base[scale])
      pairs.append(
        term == .center ? (center, decoder.center(place)) : (size, decoder.size(place)))
    }
    guard !pairs.isEmpty else { return nil }
    return SIMD2(
      Self.ratio(pairs.map { ($0.seen.x, $0.expected.x) }),
      Self.ratio(pairs.map { ($0.seen.y, $0.expected.y) }))
  }

  private static func ratio(_ pairs: [(seen: Double, expected: Double)]) -> Double {
    let usable = pairs.filter { $0.seen.isFinite && $0.expected.isFinite && $0.expected != 0 }
      .sorted { abs($0.expected) > abs($1.expected) }
    let ratios = usable.prefix((usable.count + 1) / 2).map { $0.seen / $0.expected }.sorted()
    return ratios.isEmpty ? 1 : ratios[ratios.count / 2]
  }

  /// `value * ratio` as the number with the fewest decimals that the data allow; `value` itself
  /// when nothing speaks against it.
  func fitted(_ value: Double, times ratio: Double) -> Double {
    guard abs(ratio - 1) > max(2e-5, sample.fit.noise) else { return value }
    let exact = value * ratio
    // The middle of many is nearer than one of them need be.
    let room = max(2e-5, sample.fit.noise / 4)
    var unit = 1.0
    for _ in 0..<5 {
      let rounded = (exact * unit).rounded() / unit
      if rounded != 0, abs(rounded / exact - 1) <= room { return rounded }
      unit *= 10
    }
    return exact
  }
}

extension Double {
  /// Two significant digits.
  var twoDigits: String { significant(2) }

  /// As few digits as tell the number: 62, 0.25, 1.0164.
  var short: String {
    for digits in 0..<6 {
      let unit = (0..<digits).reduce(1.0) { unit, _ in unit * 10 }
      let rounded = (self * unit).rounded() / unit
      if rounded == self || (digits == 5 || abs(rounded - self) <= 1e-6 * abs(self)) {
        return rounded == rounded.rounded() && abs(rounded) < 1e15
          ? String(Int(rounded)) : "\(rounded)"
      }
    }
    return "\(self)"
  }
}
