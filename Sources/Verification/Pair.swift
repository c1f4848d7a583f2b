/// One thing of each of the two graphs.
public struct Pair<Value> {
  public var original: Value
  public var patched: Value

  public init(original: Value, patched: Value) {
    self.original = original
    self.patched = patched
  }

  package func map<Result, Failure: Error>(
    _ transform: (Value) throws(Failure) -> Result
  ) throws(Failure) -> Pair<Result> {
    Pair<Result>(original: try transform(original), patched: try transform(patched))
  }
}

extension Pair: Sendable where Value: Sendable {}
extension Pair: Equatable where Value: Equatable {}
extension Pair: Codable where Value: Codable {}
