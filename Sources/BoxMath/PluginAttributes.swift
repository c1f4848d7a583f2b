/// The attributes of a plugin's node, which its parameters read by ONNX name and kind.
///
/// Each gives `nil` for an attribute that is absent and throws for one of another kind.
package protocol PluginAttributes: ~Copyable {
  mutating func int(_ name: String) throws -> Int?
  mutating func float(_ name: String) throws -> Float?
  mutating func floats(_ name: String) throws -> [Float]?
}

extension PluginAttributes where Self: ~Copyable {
  /// An integer that stands for false or true.
  mutating func flag(_ name: String) throws -> Bool? {
    switch try int(name) {
    case nil: nil
    case 0: false
    case 1: true
    case let other?:
      throw InvalidParameters("attribute \(name) is \(other), expected 0 or 1")
    }
  }
}

/// Why a configuration is none a plugin can run with: the attribute, what was found and what was
/// expected.
public struct InvalidParameters: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

extension InvalidParameters {
  /// The value of an attribute the plugin cannot do without.
  static func required<Value>(
    _ value: Value?, _ name: String
  ) throws(InvalidParameters) -> Value {
    guard let value else {
      throw InvalidParameters("attribute \(name) is absent, the plugin requires it")
    }
    return value
  }

  /// An integer within bounds.
  static func checked(
    _ value: Int, _ name: String, in range: ClosedRange<Int>
  ) throws(InvalidParameters) -> Int {
    guard range.contains(value) else {
      let expected =
        range.upperBound == Int(Int32.max)
        ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      throw InvalidParameters("attribute \(name) is \(value), expected \(expected)")
    }
    return value
  }

  /// A threshold: a finite number that is not negative.
  static func checkedThreshold(
    _ value: Float, _ name: String
  ) throws(InvalidParameters) -> Float {
    guard value.isFinite, value >= 0 else {
      throw InvalidParameters(
        "attribute \(name) is \(value), expected a finite number from 0")
    }
    return value
  }
}
