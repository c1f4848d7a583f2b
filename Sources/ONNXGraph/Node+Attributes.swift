import Tensors

/// An attribute of another kind than its operator takes: one line.
package struct AttributeError: Error, CustomStringConvertible {
  package let description: String

  fileprivate init(_ name: String, _ found: Attribute, expected: String) {
    description = "attribute \(shown: name) is \(found.kind), expected \(expected)"
  }
}

/// Attributes by their names and kinds; `nil` for one that is absent.
extension Node {
  package func int(_ name: String) throws(AttributeError) -> Int? {
    switch attributes[name] {
    case nil: nil
    case .int(let value): Int(value)
    case let other?: throw AttributeError(name, other, expected: "INT")
    }
  }

  package func float(_ name: String) throws(AttributeError) -> Float? {
    switch attributes[name] {
    case nil: nil
    case .float(let value): value
    case let other?: throw AttributeError(name, other, expected: "FLOAT")
    }
  }

  package func string(_ name: String) throws(AttributeError) -> String? {
    switch attributes[name] {
    case nil: nil
    case .string(let value): value
    case let other?: throw AttributeError(name, other, expected: "STRING")
    }
  }

  package func ints(_ name: String) throws(AttributeError) -> [Int]? {
    switch attributes[name] {
    case nil: nil
    case .ints(let values): values.map { Int($0) }
    case let other?: throw AttributeError(name, other, expected: "INTS")
    }
  }

  package func floats(_ name: String) throws(AttributeError) -> [Float]? {
    switch attributes[name] {
    case nil: nil
    case .floats(let values): values
    case let other?: throw AttributeError(name, other, expected: "FLOATS")
    }
  }

  package func strings(_ name: String) throws(AttributeError) -> [String]? {
    switch attributes[name] {
    case nil: nil
    case .strings(let values): values
    case let other?: throw AttributeError(name, other, expected: "STRINGS")
    }
  }

  package func tensor(_ name: String) throws(AttributeError) -> Tensor? {
    switch attributes[name] {
    case nil: nil
    case .tensor(let value): value
    case let other?: throw AttributeError(name, other, expected: "TENSOR")
    }
  }
}
