/// A number of a report.
///
/// JSON has no NaN and no infinity: both are encoded as `null`, and `null` is decoded as NaN.
public struct Figure: Sendable, Hashable {
  public var value: Double

  public init(_ value: Double) { self.value = value }

  /// The shortest decimal number that rounds to `value`.
  public init(_ value: Float) { self.value = Double(value.description) ?? Double(value) }
}

extension Figure: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    value = container.decodeNil() ? .nan : try container.decode(Double.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if value.isFinite {
      try container.encode(value)
    } else {
      try container.encodeNil()
    }
  }
}

extension Figure: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Double) { self.value = value }
  public init(integerLiteral value: Int) { self.value = Double(value) }
}
